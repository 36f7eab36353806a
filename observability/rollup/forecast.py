"""Forecasts the month's cost: every day that is left costs what this week's average day did."""

from datetime import timedelta
from decimal import Decimal

from observability.figures import Figures, Rows, Span, measure, records
from observability.rollup import weeks
from observability.rollup.report import Month
from observability.wording import counted, money
from routing.services.token_track import EXACT

_DAY = timedelta(days=1)
LEAST_DAYS = 3
"""Of records within the week: fewer say little about an average day."""


def month_of(
    span: Span, rows: Rows, week: Figures, organisation_id: int | None, *, is_over: bool
) -> Month:
    """The month of the week's last day until the week's end; `rows` and `week` are the week's."""
    month = weeks.month_of(span)
    so_far = measure(records(Span(month.start, span.end), organisation_id=organisation_id))
    left = (month.end - span.end) // _DAY
    forecast, explanation = None, "There is no forecast: the week is not over."
    if is_over:
        seen = _days_seen(span, rows, organisation_id)
        forecast, explanation = _forecast(so_far, week, left, seen)
    return Month(
        start=month.start.date(), figures=so_far, forecast_usd=forecast, explanation=explanation
    )


def _forecast(so_far: Figures, week: Figures, left: int, seen: int) -> tuple[Decimal | None, str]:
    """The amount, and the sentence that goes with it."""
    if left <= 0:
        return None, "The month is over; there is nothing left to forecast."
    if not week.turns:
        return None, "There is no forecast: nobody asked anything this week."
    if seen < LEAST_DAYS:
        return None, f"It is too early for a forecast: there are records of {counted(seen, 'day')}."
    average = week.cost_usd / seen
    bound = "at least " if so_far.at_least or week.at_least else ""
    return (so_far.cost_usd + average * left).quantize(EXACT), (
        f"The forecast is what the month has cost so far, and {bound}{money(average)} (this week's "
        f"average day) for each of the {counted(left, 'day')} that are left."
    )


def _days_seen(span: Span, rows: Rows, organisation_id: int | None) -> int:
    """Seven; in the first week those from the first record on, its own day included."""
    if records(weeks.ever_until(span.start), organisation_id=organisation_id).exists():
        return (span.end - span.start) // _DAY
    first = rows.order_by("started_at").values_list("started_at", flat=True).first()
    return 0 if first is None else -((first - span.end) // _DAY)
