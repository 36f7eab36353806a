"""Partitions of a week's records: by day, intent, model, organisation and member; each adds up to the whole."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

from django.db.models.functions import TruncDate

from observability.figures import Figures, Rows, Span, measure_by
from observability.names import Names
from observability.rollup.report import Cell, Day, Line

_MEMBER = ("user_id", "organisation_id")
_MODEL = ("deployment", "cache_hit")


def by_day(rows: Rows, span: Span) -> tuple[Day, ...]:
    """Every day of the span, also those without traffic."""
    found = measure_by(_with_day(rows), "day")
    days = [span.start.date() + timedelta(days=n) for n in range((span.end - span.start).days)]
    return tuple(Day(date=day, figures=found.get((day,), Figures())) for day in days)


def by_intent(rows: Rows, names: Names) -> tuple[Line, ...]:
    """By what the prompts wanted."""
    return _lines(rows, ("intent",), lambda intent: (intent, names.intent(intent)))


def by_model(rows: Rows, names: Names) -> tuple[Line, ...]:
    """By who was called; a turn counts where its words came from."""
    return _lines(
        rows, _MODEL, lambda name, cached: (name, names.model(name, cached=cached)), _by_cost
    )


def by_organisation(rows: Rows, names: Names) -> tuple[Line, ...]:
    """By whose requests they were."""
    return _lines(
        rows, ("organisation_id",), lambda pk: (_id(pk), names.organisation(pk)), _by_cost
    )


def by_member(rows: Rows, names: Names) -> tuple[Line, ...]:
    """By who made the requests."""
    return _lines(rows, _MEMBER, lambda user, of: (_id(user), names.member(user, of)), _by_cost)


def cells(rows: Rows, names: Names) -> tuple[Cell, ...]:
    """The finest partition, by day and then by name."""
    found = measure_by(_with_day(rows), "day", *_MEMBER, "intent", *_MODEL)
    made = [
        _cell(
            figures,
            date=day,
            organisation=names.organisation(of),
            member=names.member(user, of),
            intent=names.intent(intent),
            model=deployment or names.model("", cached=cached),
        )
        for (day, user, of, intent, deployment, cached), figures in found.items()
    ]
    return tuple(sorted(made, key=lambda c: (c.date, c.organisation, c.member, c.intent, c.model)))


def _cell(figures: Figures, **where: Any) -> Cell:
    return Cell(
        **where,
        turns=figures.turns,
        calls=figures.calls,
        input_tokens=figures.input_tokens,
        output_tokens=figures.output_tokens,
        cache_read_tokens=figures.cache_read_tokens,
        reasoning_tokens=figures.reasoning_tokens,
        search_queries=figures.search_queries,
        cost_usd=figures.cost_usd,
        unpriced_calls=figures.unpriced_calls,
        estimated_calls=figures.estimated_calls,
        saved_usd=figures.saved_usd,
    )


def _with_day(rows: Rows) -> Rows:
    return rows.annotate(day=TruncDate("started_at", tzinfo=UTC))


def _by_turns(line: Line) -> tuple[Any, ...]:
    return (-line.figures.turns, -line.figures.calls, line.label)


def _by_cost(line: Line) -> tuple[Any, ...]:
    return (-line.figures.cost_usd, -line.figures.turns, -line.figures.calls, line.label)


def _lines(
    rows: Rows,
    fields: tuple[str, ...],
    named: Callable[..., tuple[str, str]],
    order: Callable[[Line], tuple[Any, ...]] = _by_turns,
) -> tuple[Line, ...]:
    """A line for each value; `named` gives its key and label."""
    made = []
    for values, figures in measure_by(rows, *fields).items():
        key, label = named(*values)
        made.append(Line(key=key, label=label, figures=figures))
    return tuple(sorted(made, key=order))


def _id(pk: int | None) -> str:
    return "" if pk is None else str(pk)
