"""Adds up the records of a span: plain data, for the page and for programs alike."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db.models.functions import TruncDay, TruncHour

from observability.figures import (
    Figures,
    Rows,
    add_up,
    cells_by,
    measure,
    percentiles_by,
    records,
)
from observability.names import CALL_ERRORS, OWN_SOURCES, Names
from observability.overview.question import Question
from observability.rollup import highlights
from observability.rollup.report import Line, Tally

SHARES = (50, 95)
FIRST_TOKEN = "time_to_first_token_ms"
Percentiles = tuple[int, ...]
"""p50 and p95, ms; empty without any."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One hour or day."""

    start: datetime
    figures: Figures
    first_token_ms: Percentiles


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One model; or the reply cache, or nobody."""

    key: str
    """`<provider>/<model>`, "" without a call."""
    label: str
    cached: bool
    figures: Figures
    first_token_ms: Percentiles


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A span of one organisation, or of all. Every partition adds up to the total."""

    start: datetime
    end: datetime
    by_hour: bool
    total: Figures
    first_token_ms: Percentiles
    moments: tuple[Moment, ...]
    """Each hour or day that has begun, also those without traffic."""
    intents: tuple[Line, ...]
    models: tuple[Model, ...]
    organisations: tuple[Line, ...]
    """Empty where one was chosen."""
    failures: tuple[Tally, ...]
    failed_calls: tuple[Line, ...]
    """By error, whatever became of their turns."""
    fallbacks: tuple[Tally, ...]
    truncations: tuple[Tally, ...]
    unpriced: tuple[Tally, ...]
    estimated: tuple[Tally, ...]
    own_spending: tuple[Line, ...]
    """What the site spent itself; in no other figure. Empty where that is what is counted."""


def aggregate(question: Question, *, now: datetime) -> Overview:
    """Measure what a question asks; `now` bounds the hours and days that are shown."""
    rows = _with_moments(
        records(question.span, organisation_id=question.organisation_id, sources=question.sources),
        question,
    )
    names = Names(question.organisation_id)
    cells = _Cells(rows)
    everything = question.organisation_id is None
    return Overview(
        start=question.span.start,
        end=question.span.end,
        by_hour=question.by_hour,
        total=measure(rows),
        first_token_ms=percentiles_by(rows, FIRST_TOKEN, SHARES).get((), ()),
        moments=_moments(rows, cells, question, now),
        intents=_intents(cells, names),
        models=_models(rows, cells, names),
        organisations=_organisations(cells, names) if everything else (),
        failures=highlights.failures(rows),
        failed_calls=_failed_calls(rows),
        fallbacks=highlights.fallbacks(rows),
        truncations=highlights.truncations(rows),
        unpriced=highlights.unpriced(rows, names),
        estimated=highlights.estimated(rows, names),
        own_spending=_own_spending(question) if question.counted == "chat" else (),
    )


class _Cells:
    """The finest partition, queried once: every table is a sum of its cells."""

    FIELDS = ("moment", "intent", "deployment", "cache_hit", "organisation_id")

    def __init__(self, rows: Rows) -> None:
        self._cells = cells_by(rows, *self.FIELDS)

    def by(self, *fields: str) -> dict[tuple[Any, ...], Figures]:
        """The same records by some of its fields only."""
        places = [self.FIELDS.index(field) for field in fields]
        groups: dict[tuple[Any, ...], list[Figures]] = defaultdict(list)
        for key, figures in self._cells.items():
            groups[tuple(key[place] for place in places)].append(figures)
        return {key: add_up(parts) for key, parts in groups.items()}


def _with_moments(rows: Rows, question: Question) -> Rows:
    truncated = TruncHour if question.by_hour else TruncDay
    return rows.annotate(moment=truncated("started_at", tzinfo=UTC))


def _moments(rows: Rows, cells: _Cells, question: Question, now: datetime) -> tuple[Moment, ...]:
    found = cells.by("moment")
    durations = percentiles_by(rows, FIRST_TOKEN, SHARES, "moment")
    last = max([now, *(start for (start,) in found)])
    return tuple(
        Moment(
            start=start,
            figures=found.get((start,), Figures()),
            first_token_ms=durations.get((start,), ()),
        )
        for start in _starts(question, last)
    )


def _starts(question: Question, last: datetime) -> list[datetime]:
    """The hours or days that have begun; later ones only where something was recorded there."""
    step = timedelta(hours=1) if question.by_hour else timedelta(days=1)
    starts = []
    start = question.span.start
    while start < question.span.end and start <= last:
        starts.append(start)
        start += step
    return starts


def _intents(cells: _Cells, names: Names) -> tuple[Line, ...]:
    lines = [
        Line(key=intent, label=names.intent(intent), figures=figures)
        for (intent,), figures in cells.by("intent").items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.figures.turns, line.label)))


def _models(rows: Rows, cells: _Cells, names: Names) -> tuple[Model, ...]:
    """A turn counts where its words came from."""
    durations = percentiles_by(rows, FIRST_TOKEN, SHARES, "deployment", "cache_hit")
    models = [
        Model(
            key=deployment,
            label=names.model(deployment, cached=cached),
            cached=cached,
            figures=figures,
            first_token_ms=durations.get((deployment, cached), ()),
        )
        for (deployment, cached), figures in cells.by("deployment", "cache_hit").items()
    ]
    return tuple(sorted(models, key=lambda model: (-model.figures.cost_usd, -model.figures.calls)))


def _organisations(cells: _Cells, names: Names) -> tuple[Line, ...]:
    lines = [
        Line(key="" if pk is None else str(pk), label=names.organisation(pk), figures=figures)
        for (pk,), figures in cells.by("organisation_id").items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.figures.cost_usd, line.label)))


def _failed_calls(rows: Rows) -> tuple[Line, ...]:
    failed = rows.filter(number__gt=0, status__in=["failed", "cut", "unknown"])
    lines = [
        Line(key=error, label=CALL_ERRORS.get(error, error.replace("_", " ")), figures=figures)
        for (error,), figures in cells_by(failed, "error").items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.figures.calls, line.label)))


def _own_spending(question: Question) -> tuple[Line, ...]:
    """By purpose; only what it spent on."""
    rows = records(
        question.span, organisation_id=question.organisation_id, sources=tuple(OWN_SOURCES)
    )
    return tuple(
        Line(key=source, label=OWN_SOURCES[source], figures=figures)
        for (source,), figures in cells_by(rows, "source").items()
    )
