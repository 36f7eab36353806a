"""Gathers a week's report from the records.

Everything is asked for one organisation or for all; a report of one asks for nothing of another.
"""

from datetime import date, datetime

from observability.figures import Figures, Rows, Span, measure, percentile, records
from observability.names import OWN_SOURCES, Names
from observability.rollup import highlights, partitions, weeks
from observability.rollup.advice import advise
from observability.rollup.advice.smoke import failed_cases, runs
from observability.rollup.forecast import month_of
from observability.rollup.report import Caching, Line, Report, Speed


def gather(
    week_ending: date, organisation_id: int | None, *, so_far: datetime | None = None
) -> Report:
    """The report of a week; of one organisation, or of all. The same records give the same report.

    `so_far` is now (UTC) where the week is not over. Raises ValueError where `week_ending` is not a Sunday.
    """
    span = weeks.span_of(week_ending)
    rows = records(span, organisation_id=organisation_id)
    names = Names(organisation_id)
    names.look_up(rows.values_list("user_id", flat=True).distinct())
    week, before = measure(rows), _before(span, organisation_id)
    return Report(
        organisation_id=organisation_id,
        organisation="" if organisation_id is None else names.organisation(organisation_id),
        start=span.start,
        end=span.end,
        so_far=so_far,
        week=week,
        before=before,
        month=month_of(span, rows, week, organisation_id, is_over=so_far is None),
        days=partitions.by_day(rows, span),
        intents=partitions.by_intent(rows, names),
        models=partitions.by_model(rows, names),
        organisations=partitions.by_organisation(rows, names),
        members=partitions.by_member(rows, names),
        caching=_caching(week),
        speed=_speed(rows, records(weeks.before(span), organisation_id=organisation_id)),
        failures=highlights.failures(rows),
        fallbacks=highlights.fallbacks(rows),
        truncations=highlights.truncations(rows),
        most_expensive=highlights.most_expensive(rows, names),
        unpriced=highlights.unpriced(rows, names),
        estimated=highlights.estimated(rows, names),
        own_spending=_own_spending(span, organisation_id),
        recommendations=advise(span, rows, organisation_id, names),
        failed_smoke=failed_cases(span, organisation_id),
        smoke_runs=runs(span, organisation_id),
        cells=partitions.cells(rows, names),
    )


def _before(span: Span, organisation_id: int | None) -> Figures | None:
    """The week before; None in the first week of all."""
    if not records(weeks.ever_until(span.start), organisation_id=organisation_id).exists():
        return None
    return measure(records(weeks.before(span), organisation_id=organisation_id))


def _caching(week: Figures) -> Caching:
    return Caching(
        replies_share=week.cached_turns / week.turns if week.turns else None,
        saved_usd=week.saved_usd,
        prompt_share=week.cache_read_tokens / week.input_tokens if week.input_tokens else None,
    )


def _speed(rows: Rows, earlier: Rows) -> Speed:
    field = "time_to_first_token_ms"
    return Speed(
        p50_ms=percentile(rows, field, 50),
        p95_ms=percentile(rows, field, 95),
        p50_before_ms=percentile(earlier, field, 50),
        p95_before_ms=percentile(earlier, field, 95),
    )


def _own_spending(span: Span, organisation_id: int | None) -> tuple[Line, ...]:
    """What the site spent itself, by purpose; only purposes that it spent on."""
    lines = []
    for source, label in OWN_SOURCES.items():
        figures = measure(records(span, organisation_id=organisation_id, sources=[source]))
        if figures.turns:
            lines.append(Line(key=source, label=label, figures=figures))
    return tuple(lines)
