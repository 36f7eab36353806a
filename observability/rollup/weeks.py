"""Weeks of seven days that end at a Sunday 00:00 UTC, and when their rollup is due."""

from datetime import UTC, date, datetime, time, timedelta

from observability.figures import Span

WEEK = timedelta(days=7)
DUE_AFTER = timedelta(hours=2)
"""After the week's end: its last requests have ended and are recorded by then."""
SUNDAY = 6
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any record."""


def span_of(week_ending: date) -> Span:
    """The seven days that end at a Sunday's 00:00 UTC. Raises ValueError for any other day."""
    if week_ending.weekday() != SUNDAY:
        raise ValueError(f"{week_ending} is a {week_ending:%A}, not a Sunday")
    end = datetime.combine(week_ending, time.min, UTC)
    return Span(end - WEEK, end)


def ever_until(moment: datetime) -> Span:
    """All that came before a moment."""
    return Span(LONG_AGO, moment)


def before(span: Span) -> Span:
    """The seven days before."""
    return Span(span.start - WEEK, span.start)


def last_ended(now: datetime) -> date:
    """The Sunday at whose beginning the last whole week ended."""
    today = now.astimezone(UTC).date()
    return today - timedelta(days=(today.weekday() - SUNDAY) % 7)


def last_due(now: datetime) -> date:
    """The last Sunday whose 02:00 UTC has come: only its rollup is still made unasked."""
    return last_ended(now - DUE_AFTER)


def due_at(week_ending: date) -> datetime:
    """When the rollup of a week is made and sent."""
    return span_of(week_ending).end + DUE_AFTER


def month_of(span: Span) -> Span:
    """The whole month of the week's last day."""
    first = (span.end - timedelta(days=1)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Span(first, following)
