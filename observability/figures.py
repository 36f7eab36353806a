"""Adds up the records of a span, for every page, mail and file.

Every page, mail and file takes its numbers from here, so that they agree, and amounts are added
exactly: a sum over any partition of the records is the sum over all of them, to the last digit.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Aggregate, Count, DecimalField, Q, QuerySet, Sum

from observability.models import AttemptRecord
from routing.services.token_track import EXACT

Rows = QuerySet[AttemptRecord]
CHAT_SOURCES = ("chat", "api")
"""What people and programs asked; summaries and the smoke evaluation are spent by the site."""
DIGITS = 12


class _Exact(DecimalField):  # type: ignore[type-arg]  # Django's class takes no arguments at run time
    """A decimal that Django does not round to 15 digits when SQLite gives it."""

    def get_internal_type(self) -> str:
        return "ExactDecimal"


class ExactSum(Aggregate):
    """A sum of amounts without rounding. SQLite keeps decimals as floats: there whole numbers are added."""

    function = "SUM"
    output_field = _Exact(max_digits=30, decimal_places=DIGITS)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        whole = self.copy()  # a template that is passed on gets lost in an aggregate with a filter
        whole.template = f"SUM(CAST(ROUND(%(expressions)s * 1e{DIGITS}) AS INTEGER))"
        return whole.as_sql(compiler, connection, **context)

    def convert_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        """As Django calls it with what the database gave."""
        if value is None:
            return None
        if connection.vendor == "sqlite":
            return Decimal(int(value)).scaleb(-DIGITS)
        return Decimal(value)


class Span(msgspec.Struct, frozen=True):
    """From `start` until just before `end` (UTC)."""

    start: datetime
    end: datetime


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What some records come to. Money is USD; `cost_usd` is a lower bound where calls are unpriced."""

    turns: int = 0
    people: int = 0
    failed_turns: int = 0
    """Ended failed or interrupted."""
    stopped_turns: int = 0
    fallback_turns: int = 0
    truncated_turns: int = 0
    cached_turns: int = 0
    """Answered from the reply cache."""
    calls: int = 0
    failed_calls: int = 0
    """Provider calls that gave no whole answer and were not merely stopped."""
    unpriced_calls: int = 0
    estimated_calls: int = 0
    """Calls whose tokens or cost are our estimate."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    reasoning_tokens: int = 0
    search_queries: int = 0
    cost_usd: Decimal = Decimal(0)
    lost_usd: Decimal = Decimal(0)
    """The part of the cost that went to calls whose words are not a reply that stands: failed and
    abandoned legs, and whole turns that failed."""
    saved_usd: Decimal = Decimal(0)
    """What replies from the cache would have cost."""

    @property
    def at_least(self) -> bool:
        """Whether the true cost may be higher."""
        return bool(self.unpriced_calls or self.estimated_calls)


_CONCLUDING = Q(concludes=True)
_CALL = Q(number__gt=0)
_FAILED_TURN = Q(turn_status__in=["failed", "interrupted"])
_AGGREGATES: dict[str, Any] = {
    "turns": Count("id", filter=_CONCLUDING),
    "people": Count("user_id", distinct=True),
    "failed_turns": Count("id", filter=_CONCLUDING & _FAILED_TURN),
    "stopped_turns": Count("id", filter=_CONCLUDING & Q(turn_status="stopped")),
    "fallback_turns": Count("id", filter=_CONCLUDING & Q(fallback_used=True)),
    "truncated_turns": Count("id", filter=_CONCLUDING & Q(truncated=True)),
    "cached_turns": Count("id", filter=_CONCLUDING & Q(cache_hit=True)),
    "calls": Count("id", filter=_CALL),
    "failed_calls": Count("id", filter=_CALL & Q(status__in=["failed", "cut", "unknown"])),
    "unpriced_calls": Count("id", filter=_CALL & Q(cost_usd__isnull=True)),
    "estimated_calls": Count(
        "id", filter=_CALL & (Q(usage_source="estimated") | Q(cost_source="estimated"))
    ),
    "input_tokens": Sum("input_tokens"),
    "output_tokens": Sum("output_tokens"),
    "cache_read_tokens": Sum("cache_read_tokens"),
    "reasoning_tokens": Sum("reasoning_tokens"),
    "search_queries": Sum("search_queries"),
    "cost_usd": ExactSum("cost_usd"),
    "lost_usd": ExactSum("cost_usd", filter=Q(concludes=False) | _FAILED_TURN),
    "saved_usd": ExactSum("saved_usd"),
}


def _of(name: str) -> str:
    """A sum's name in a query, where that of a column would be taken for the column."""
    return f"of_{name}"


PEOPLE = "people"
_SUMS = {_of(name): sum_ for name, sum_ in _AGGREGATES.items()}
_ADDABLE = {name: sum_ for name, sum_ in _SUMS.items() if name != _of(PEOPLE)}


def records(
    span: Span, *, organisation_id: int | None = None, sources: Iterable[str] = CHAT_SOURCES
) -> Rows:
    """The records of the requests that came in a span; of one organisation, or of all."""
    rows = AttemptRecord.objects.filter(
        started_at__gte=span.start, started_at__lt=span.end, source__in=list(sources)
    ).order_by()
    return rows if organisation_id is None else rows.filter(organisation_id=organisation_id)


def measure(rows: Rows) -> Figures:
    """What all these rows come to."""
    return _figures(rows.aggregate(**_SUMS))


def measure_by(rows: Rows, *fields: str) -> dict[tuple[Any, ...], Figures]:
    """The same for each value of some fields; all their costs add up to the whole's."""
    return _grouped(rows, fields, _SUMS)


def cells_by(rows: Rows, *fields: str) -> dict[tuple[Any, ...], Figures]:
    """As `measure_by`, but without `people`, who alone keep a database long; to be added up."""
    return _grouped(rows, fields, _ADDABLE)


def add_up(parts: Iterable[Figures]) -> Figures:
    """What parts come to together. Not `people`: the same ones may stand in several."""
    held = list(parts)
    sums: dict[str, Any] = {
        name: sum((getattr(part, name) for part in held), start=Decimal(0) if _money(name) else 0)
        for name in _AGGREGATES
        if name != PEOPLE
    }
    return Figures(**sums)


def _grouped(
    rows: Rows, fields: tuple[str, ...], sums: dict[str, Any]
) -> dict[tuple[Any, ...], Figures]:
    groups = rows.values(*fields).annotate(**sums).order_by(*fields)
    return {tuple(group[field] for field in fields): _figures(group) for group in groups}


def _money(name: str) -> bool:
    return name.endswith("_usd")


def percentile(rows: Rows, field: str, hundredths: int) -> int | None:
    """The nearest-rank percentile of one of the turns' durations, ms; None without any."""
    held = rows.filter(_CONCLUDING, **{f"{field}__isnull": False})
    count = held.count()
    if not count:
        return None
    rank = max(1, -(-count * hundredths // 100))
    return int(held.order_by(field).values_list(field, flat=True)[rank - 1])


def percentiles_by(
    rows: Rows, field: str, hundredths: Sequence[int], *fields: str
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The same percentiles of several shares at once, for each value of some fields that has any."""
    held = rows.filter(_CONCLUDING, **{f"{field}__isnull": False})
    counts = held.values_list(*fields, field).annotate(Count("id")).order_by(*fields, field)
    groups: dict[tuple[Any, ...], list[tuple[int, int]]] = defaultdict(list)
    for *key, duration, count in counts:
        groups[tuple(key)].append((duration, count))
    return {
        key: tuple(_nearest_rank(durations, share) for share in hundredths)
        for key, durations in groups.items()
    }


def _nearest_rank(counted: list[tuple[int, int]], hundredths: int) -> int:
    """Of durations in order, each with how often it was met."""
    left = max(1, -(-sum(count for _, count in counted) * hundredths // 100))
    for duration, count in counted:
        left -= count
        if left <= 0:
            return duration
    raise ValueError("no durations")


def _figures(values: dict[str, Any]) -> Figures:
    found = {name: values.get(_of(name)) for name in _AGGREGATES}
    return Figures(**{name: value for name, value in found.items() if value is not None})


assert Decimal(1).scaleb(-DIGITS) == EXACT
