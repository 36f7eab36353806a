"""How does the overview read? Tiles and tables of words; every row leads to the attempts behind it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.urls import reverse

from observability.figures import Figures
from observability.overview.content import Overview, Percentiles
from observability.overview.question import Question
from observability.rollup.report import Line, Tally
from observability.rollup.words import counted, exact, share

NONE = "\N{EN DASH}"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A name, where it leads, and a cell for each further header."""

    name: str
    cells: tuple[str, ...]
    address: str = ""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One partition of the span, or a list of causes."""

    key: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    note: str = ""
    none: str = ""
    """What is said in place of a table without rows."""


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the headline, and what has to be known with it."""

    name: str
    value: str
    note: str = ""


Measure = tuple[str, Callable[[Figures, Percentiles], str]]


def _count(header: str, name: str) -> Measure:
    return header, lambda figures, _: f"{getattr(figures, name):,}"


def _share(header: str, place: int) -> Measure:
    return header, lambda _, durations: f"{durations[place]:,}" if durations else NONE


COST: Measure = ("Cost, USD", lambda figures, _: cost(figures, "\N{GREATER-THAN OR EQUAL TO} "))
LOST: Measure = ("of it lost", lambda figures, _: amount(figures.lost_usd))
TOKENS = (_count("Tokens in", "input_tokens"), _count("Tokens out", "output_tokens"))
SPEED = (_share("p50, ms", 0), _share("p95, ms", 1))
ENDS = (
    _count("Failed", "failed_turns"),
    _count("Fallbacks", "fallback_turns"),
    _count("Cut short", "truncated_turns"),
    _count("From cache", "cached_turns"),
)
TURNS = (_count("Turns", "turns"), COST)
BY_TIME = (*TURNS, *TOKENS, *SPEED, *ENDS)
BY_MODEL = (
    _count("Turns", "turns"),
    _count("Calls", "calls"),
    _count("failed", "failed_calls"),
    COST,
    LOST,
    *TOKENS,
    _count("cached", "cache_read_tokens"),
    *SPEED,
)
BY_HOUSE = (_count("Requests", "turns"), _count("Calls", "calls"), COST)
BY_LINE = (*TURNS, LOST, *TOKENS, _count("Calls", "calls"), *ENDS)


def amount(usd: Decimal) -> str:
    """USD to the last digit, with thousands apart."""
    whole, _, rest = exact(usd).partition(".")
    return f"{int(whole):,}.{rest}" if rest else f"{int(whole):,}"


def cost(figures: Figures, at_least: str = "at least ") -> str:
    """What calls cost; a lower bound where some are unpriced or estimated."""
    if figures.unpriced_calls and not figures.cost_usd:
        return "unknown"
    return f"{at_least if figures.at_least else ''}{amount(figures.cost_usd)}"


def tiles(seen: Overview) -> tuple[Tile, ...]:
    """The headline."""
    total = seen.total
    durations = [f"{duration:,}\N{NO-BREAK SPACE}ms" for duration in seen.first_token_ms]
    return (
        Tile(
            name="Turns",
            value=f"{total.turns:,}",
            note=f"by {counted(total.people, 'person', 'people')}",
        ),
        Tile(name="Cost", value=_with_sign(cost(total)), note=_doubts(total)),
        Tile(
            name="Tokens",
            value=f"{total.input_tokens + total.output_tokens:,}",
            note=f"{total.input_tokens:,} in, {total.output_tokens:,} out",
        ),
        Tile(
            name="Time to first token",
            value=durations[0] if durations else NONE,
            note=f"half are faster; 95 % are within {durations[1]}" if durations else "",
        ),
        Tile(name="Failed", value=f"{total.failed_turns:,}", note=_of(total.failed_turns, total)),
        Tile(
            name="Fallbacks",
            value=f"{total.fallback_turns:,}",
            note=_of(total.fallback_turns, total),
        ),
        Tile(
            name="Cut short",
            value=f"{total.truncated_turns:,}",
            note=f"{total.stopped_turns:,} stopped by their users",
        ),
        Tile(
            name="From cache",
            value=f"{total.cached_turns:,}",
            note=f"saved {_with_sign(amount(total.saved_usd))}",
        ),
        Tile(
            name="Lost",
            value=_with_sign(amount(total.lost_usd)),
            note="of the cost, for calls whose words are no reply: failed, abandoned, or of failed turns",
        ),
    )


def tables(seen: Overview, question: Question) -> tuple[Table, ...]:
    """Everything that the charts draw, and the causes of what went wrong."""
    links = Links(question)
    step = timedelta(hours=1) if seen.by_hour else timedelta(days=1)
    label = "%a %Y-%m-%d %H:%M" if seen.by_hour else "%a %Y-%m-%d"
    moments = (
        (f"{each.start:{label}}", links.during(each.start, step), each.figures, each.first_token_ms)
        for each in seen.moments
    )
    models = (
        (each.label, links.to(deployment=each.key), each.figures, each.first_token_ms)
        for each in seen.models
    )
    whole = (seen.total, seen.first_token_ms)
    made = [
        _partition(
            "moments",
            "By hour (UTC)" if seen.by_hour else "By day (UTC)",
            BY_TIME,
            moments,
            whole,
        ),
        _partition("models", "By model", BY_MODEL, models, whole),
        _lines("intents", "By intent", seen.intents, lambda key: links.to(intent=key), whole),
    ]
    if len(seen.organisations) > 1:
        to = links.to_organisation
        made.append(_lines("organisations", "By organisation", seen.organisations, to, whole))
    return (*made, *_causes(seen, links), *_house(seen, links))


def _causes(seen: Overview, links: "Links") -> tuple[Table, ...]:
    failed_calls = tuple(
        Row(
            name=line.label,
            address=links.to(error=line.key, status__in="failed,cut,unknown"),
            cells=(f"{line.figures.calls:,}", amount(line.figures.cost_usd)),
        )
        for line in seen.failed_calls
    )
    return (
        _tallies(
            "failures",
            "Turns that failed, by what their users were told",
            seen.failures,
            "Turns",
            lambda key: links.to(error_code=key, concludes="1"),
            "No turn failed.",
        ),
        Table(
            key="failed_calls",
            title="Calls that failed: the model …",
            headers=("Cause", "Calls", "Cost, USD"),
            rows=failed_calls,
            none="No call failed.",
        ),
        _tallies(
            "fallbacks",
            "Why another model had to answer: the one before …",
            seen.fallbacks,
            "Calls",
            lambda key: links.to(error=key, fallback_used="1"),
            "Every turn was answered by the first model that was asked.",
        ),
        _tallies(
            "truncations",
            "Why replies are not whole",
            seen.truncations,
            "Turns",
            lambda key: links.to(truncated_reason=key, concludes="1"),
            "No reply was cut short.",
        ),
        _tallies(
            "unpriced",
            "Calls of unknown cost, by model: they have no price",
            seen.unpriced,
            "Calls",
            lambda key: links.to(deployment=key, cost_usd__isnull="1"),
            "Every call has a price.",
        ),
        _tallies(
            "estimated",
            "Calls whose tokens or cost are our estimate, by model",
            seen.estimated,
            "Calls",
            lambda key: links.to(deployment=key, usage_source="estimated"),
            "Every call's tokens were reported.",
        ),
    )


def _house(seen: Overview, links: "Links") -> tuple[Table, ...]:
    if not seen.house:
        return ()
    return (
        Table(
            key="house",
            title="What the house spent itself",
            note="In no number above.",
            headers=("For", *(header for header, _ in BY_HOUSE)),
            rows=tuple(
                Row(
                    name=line.label,
                    address=links.to(source__in=line.key),
                    cells=(
                        f"{line.figures.turns:,}",
                        f"{line.figures.calls:,}",
                        cost(line.figures),
                    ),
                )
                for line in seen.house
            ),
        ),
    )


def _partition(
    key: str,
    title: str,
    measures: Sequence[Measure],
    parts: Iterable[tuple[str, str, Figures, Percentiles]],
    whole: tuple[Figures, Percentiles],
) -> Table:
    rows = tuple(
        Row(
            name=name,
            address=address if figures.turns or figures.calls else "",
            cells=_cells(measures, figures, durations),
        )
        for name, address, figures, durations in parts
    )
    return Table(
        key=key,
        title=title,
        headers=("", *(header for header, _ in measures)),
        rows=rows,
        total=Row(name="Together", cells=_cells(measures, *whole)),
    )


def _lines(
    key: str,
    title: str,
    lines: Sequence[Line],
    address: Callable[[str], str],
    whole: tuple[Figures, Percentiles],
) -> Table:
    parts = ((line.label, address(line.key), line.figures, ()) for line in lines)
    return _partition(key, title, BY_LINE, parts, whole)


def _tallies(
    key: str,
    title: str,
    tallies: Sequence[Tally],
    what: str,
    address: Callable[[str], str],
    none: str,
) -> Table:
    rows = tuple(
        Row(name=tally.label, address=address(tally.key), cells=(f"{tally.count:,}",))
        for tally in tallies
    )
    return Table(key=key, title=title, headers=("Cause", what), rows=rows, none=none)


def _cells(
    measures: Sequence[Measure], figures: Figures, durations: Percentiles
) -> tuple[str, ...]:
    return tuple(say(figures, durations) for _, say in measures)


class Links:
    """Where the attempts behind a number are listed."""

    def __init__(self, question: Question) -> None:
        self._list = reverse("admin:observability_attemptrecord_changelist")
        self._span = question.span
        self._whose: dict[str, Any] = {"source__in": ",".join(question.sources)}
        if question.organisation_id is not None:
            self._whose["organisation_id"] = question.organisation_id

    def to(self, **lookups: str) -> str:
        """Those of the whole span that match."""
        return self._address(self._span.start, self._span.end, lookups)

    def to_organisation(self, pk: str) -> str:
        """One organisation's."""
        return self.to(**({"organisation_id": pk} if pk else {"organisation_id__isnull": "1"}))

    def during(self, start: datetime, length: timedelta) -> str:
        """Those of an hour or a day."""
        return self._address(start, start + length, {})

    def _address(self, start: datetime, end: datetime, lookups: dict[str, str]) -> str:
        span = {"started_at__gte": start.isoformat(), "started_at__lt": end.isoformat()}
        return f"{self._list}?{urlencode({**span, **self._whose, **lookups})}"


def _with_sign(said: str) -> str:
    """With the dollar before its digits."""
    words, _, digits = said.rpartition(" ")
    return said if said == "unknown" else f"{words} ${digits}".strip()


def _doubts(total: Figures) -> str:
    """Why a cost is a lower bound."""
    doubts = []
    if total.unpriced_calls:
        doubts.append(f"{counted(total.unpriced_calls, 'call')} without a price")
    if total.estimated_calls:
        doubts.append(f"{counted(total.estimated_calls, 'call')} estimated")
    return " and ".join(doubts) or f"for {counted(total.calls, 'call')}, each known exactly"


def _of(part: int, total: Figures) -> str:
    return f"{share(part, total.turns)} of the turns" if part else "none"
