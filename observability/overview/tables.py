"""The overview's tables; every row leads to the attempts behind it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from observability.figures import Figures
from observability.overview.aggregate import Overview, Percentiles
from observability.overview.headline import NONE
from observability.overview.links import Links
from observability.overview.question import Question
from observability.rollup.report import Line, Tally
from observability.tables import Row, Table
from observability.wording import cost, exact_amount

Measure = tuple[str, Callable[[Figures, Percentiles], str]]


def _cost(figures: Figures) -> str:
    return cost(figures, "\N{GREATER-THAN OR EQUAL TO} ", exact_amount)


def _count(header: str, name: str) -> Measure:
    return header, lambda figures, _: f"{getattr(figures, name):,}"


def _share(header: str, place: int) -> Measure:
    return header, lambda _, durations: f"{durations[place]:,}" if durations else NONE


COST: Measure = ("Cost, USD", lambda figures, _: _cost(figures))
LOST: Measure = ("of it lost", lambda figures, _: exact_amount(figures.lost_usd))
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
BY_SITE = (_count("Requests", "turns"), _count("Calls", "calls"), COST)
BY_LINE = (*TURNS, LOST, *TOKENS, _count("Calls", "calls"), *ENDS)


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
    return (*made, *_causes(seen, links), *_own_spending(seen, links))


def _causes(seen: Overview, links: Links) -> tuple[Table, ...]:
    failed_calls = tuple(
        Row(
            name=line.label,
            url=links.to(error=line.key, status__in="failed,cut,unknown"),
            cells=(f"{line.figures.calls:,}", exact_amount(line.figures.cost_usd)),
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
            caption="Calls that failed: the model …",
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


def _own_spending(seen: Overview, links: Links) -> tuple[Table, ...]:
    if not seen.own_spending:
        return ()
    return (
        Table(
            key="own_spending",
            caption="What the site spent itself",
            note="In no number above.",
            headers=("For", *(header for header, _ in BY_SITE)),
            rows=tuple(
                Row(
                    name=line.label,
                    url=links.to(source__in=line.key),
                    cells=(
                        f"{line.figures.turns:,}",
                        f"{line.figures.calls:,}",
                        _cost(line.figures),
                    ),
                )
                for line in seen.own_spending
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
            url=address if figures.turns or figures.calls else "",
            cells=_cells(measures, figures, durations),
        )
        for name, address, figures, durations in parts
    )
    return Table(
        key=key,
        caption=title,
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
        Row(name=tally.label, url=address(tally.key), cells=(f"{tally.count:,}",))
        for tally in tallies
    )
    return Table(key=key, caption=title, headers=("Cause", what), rows=rows, none=none)


def _cells(
    measures: Sequence[Measure], figures: Figures, durations: Percentiles
) -> tuple[str, ...]:
    return tuple(say(figures, durations) for _, say in measures)
