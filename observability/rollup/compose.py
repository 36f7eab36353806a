"""Turns a report into a document: its sections in their order, in words."""

from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from decimal import Decimal

from observability import wording
from observability.rollup.breakdown import breakdown, days
from observability.rollup.document import Document, Picture, Point, Section
from observability.rollup.failures import trouble
from observability.rollup.report import Report, Tally
from observability.rollup.sections import caches, most_expensive, own_spending, smoke, speed
from observability.tables import Row, Table

MORE = 8
"""How many names a sentence lists."""
_MEASURES = (
    ("Turns", "turns"),
    ("People", "people"),
    ("Provider calls", "calls"),
    ("Input tokens", "input_tokens"),
    ("Output tokens", "output_tokens"),
)
POINTS = 10
"""How many recommendations a mail holds."""


def document(report: Report, pictures: Sequence[Picture], *, path: str) -> Document:
    """The whole rollup in words; `path`: its page in the admin."""
    headline = _headline(report)
    return Document(
        subject=f"Chatcore{_whose(report, ', ')}, {_week(report)}: {_short(report)}",
        title=f"Chatcore{_whose(report, ' at ')}, {_week(report)}",
        preview=f"{headline} {_to_do(report)}",
        introduction=(
            f"What {wording.name(report.organisation) or 'all organisations'} asked and what it cost, from "
            f"{wording.moment(report.start)}, until {wording.moment(report.end)}."
            f"{_so_far(report)}",
        ),
        sections=(
            _figures(report, headline),
            _advice(report),
            days(report, pictures),
            *breakdown(report),
            caches(report),
            speed(report),
            *trouble(report),
            most_expensive(report),
            own_spending(report),
            *smoke(report),
        ),
        closing=(
            "This mail goes out once a week to the addresses that staff keep in the admin, at "
            f"{wording.link('/admin/observability/recipient/')}. To stop it, ask them.",
        ),
        url=wording.link(path),
    )


def _week(report: Report) -> str:
    """Its first and its last whole day: "15 to 21 Nov 2026"."""
    days = _days(report)
    return f"{days} so far" if report.so_far else days


def _days(report: Report) -> str:
    first = report.start.astimezone(UTC).date()
    last = report.end.astimezone(UTC).date() - timedelta(days=1)
    if first.year != last.year:
        return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"
    month = "" if first.month == last.month else f" {first:%b}"
    return f"{first.day}{month} to {last.day} {last:%b %Y}"


def _so_far(report: Report) -> str:
    if report.so_far is None:
        return ""
    return f" The week is not over: this is what there was at {wording.moment(report.so_far)}."


def _whose(report: Report, joint: str) -> str:
    return f"{joint}{wording.name(report.organisation)}" if report.organisation else ""


def _short(report: Report) -> str:
    """The subject's figures."""
    if not (report.week.turns or report.week.calls):
        return "no traffic"
    moved = _moved(report)
    cost = wording.cost(report.week)
    said = f"{cost} cost" if cost == wording.UNKNOWN else cost
    sum_ = f"{said} for {wording.counted(report.week.turns, 'turn')}"
    # A subject of plain letters is sent as it is.
    return f"{sum_} ({moved})".replace(wording.PER_CENT, " %") if moved else sum_


def _moved(report: Report, said: Callable[[Decimal, Decimal], str] = wording.moved) -> str:
    """How the cost stands against the week before; "" where nothing can be said."""
    week, before = report.week, report.before
    if before is None or wording.UNKNOWN in (wording.cost(week), wording.cost(before)):
        return ""
    if bool(week.unpriced_calls) != bool(before.unpriced_calls):
        return ""  # a part of the one is missing, so the other is no measure for it
    return said(week.cost_usd, before.cost_usd)


def _headline(report: Report) -> str:
    week = report.week
    if not (week.turns or week.calls):
        return "Nobody asked anything this week."
    cost = wording.cost(week)
    said = f"{cost[0].upper()}{cost[1:]}" if cost != wording.UNKNOWN else "An unknown amount"
    people = wording.counted(week.people, "person", "people")
    sentence = f"{said} for {wording.counted(week.turns, 'turn')} of {people}"
    if report.before is None:
        return f"{sentence}; there is no week before to compare with."
    moved = _moved(report)
    return f"{sentence}; cost against the week before: {moved}." if moved else f"{sentence}."


def _to_do(report: Report) -> str:
    if not report.recommendations:
        return "Nothing to change."
    return f"{wording.counted(len(report.recommendations), 'thing')} to look at."


def _figures(report: Report, headline: str) -> Section:
    return Section(
        title="The week in figures",
        paragraphs=(headline, *_honesty(report), *_exactly(report), *_month(report)),
        tables=(_against_the_week_before(report),),
    )


def _honesty(report: Report) -> tuple[str, ...]:
    """Why the cost is a lower bound."""
    week = report.week
    reasons = []
    if week.unpriced_calls:
        left_out = "is" if week.unpriced_calls == 1 else "are"
        reasons.append(
            f"{week.unpriced_calls:,} without a known price{_of(report.unpriced)} {left_out} left "
            "out of every sum"
        )
    if week.estimated_calls:
        reasons.append(
            f"the tokens or the cost of {week.estimated_calls:,}{_of(report.estimated)} are our own "
            "estimate"
        )
    if not reasons:
        return ()
    calls = wording.counted(week.calls, "call")
    return (f"The cost is a lower bound: of {calls}, {', and '.join(reasons)}.",)


def _of(tallies: Sequence[Tally]) -> str:
    if len(tallies) == 1:
        return f" ({wording.name(tallies[0].label)})"
    named = [f"{one.count:,} of {wording.name(one.label)}" for one in tallies[:MORE]]
    if len(tallies) > MORE:
        named.append(wording.counted(len(tallies) - MORE, "other model"))
    return f" ({', '.join(named)})" if named else ""


def _exactly(report: Report) -> tuple[str, ...]:
    if not report.cells:
        return ()
    return (
        f"To the last digit: {wording.exact(report.week.cost_usd)} USD, which is the sum of the "
        f"cost_usd column of the attached sheet.",
    )


def _month(report: Report) -> tuple[str, ...]:
    month = report.month
    figures = month.figures
    so_far = (
        f"{month.start:%B} until the week's end: {wording.cost(figures)} for "
        f"{wording.counted(figures.turns, 'turn')}."
    )
    if month.forecast_usd is None:
        return (f"{so_far} {month.explanation}".strip(),)
    is_bound = figures.at_least or report.week.at_least
    amount = wording.money(month.forecast_usd, at_least=is_bound)
    forecast = f"Forecast for the whole month: {'at least ' if is_bound else ''}{amount}."
    return (f"{so_far} {forecast} {month.explanation}".strip(),)


def _against_the_week_before(report: Report) -> Table:
    week, before = report.week, report.before
    rows = [("Cost", wording.cost(week, "≥ "), wording.cost(before, "≥ ") if before else "")]
    moves = [_moved(report, wording.moved_shortly)]
    for name, field in _MEASURES:
        now, then = getattr(week, field), getattr(before, field) if before else 0
        rows.append((name, f"{now:,}", f"{then:,}"))
        moves.append(wording.moved_shortly(now, then))
    if before is None:
        lines = tuple(Row(name=name, cells=(now,)) for name, now, _ in rows)
        return Table(caption="In all", headers=("Measure", "This week"), rows=lines)
    return Table(
        caption="Against the week before",
        headers=("Measure", "This week", "Before", "Change"),
        rows=tuple(
            Row(name=name, cells=(now, then, move))
            for (name, now, then), move in zip(rows, moves, strict=True)
        ),
    )


def _advice(report: Report) -> Section:
    title = "What to do about it"
    if not report.recommendations:
        return Section(
            title=title,
            paragraphs=("Nothing: no rung, price, model or intent asks for a change this week.",),
        )
    points = tuple(
        Point(
            title=wording.name(one.title),
            explanation=wording.name(one.explanation),
            url=wording.link(one.path),
        )
        for one in report.recommendations[:POINTS]
    )
    left = len(report.recommendations) - POINTS
    if left <= 0:
        return Section(title=title, points=points)
    first = f"The first {POINTS} of {len(report.recommendations)} things to look at:"
    return Section(title=title, points=points, paragraphs=(first,))
