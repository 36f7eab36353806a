"""The sections of a rollup that break its figures down by day, intent, model, organisation and member."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from observability import wording
from observability.figures import Figures
from observability.rollup.document import Picture, Section
from observability.rollup.report import Line, Report
from observability.tables import Row, Table

LINES = 12
"""Longer lists end in a line that sums up the others; the sheet has them all."""
_COUNTS = (
    "turns",
    "failed_turns",
    "fallback_turns",
    "truncated_turns",
    "cached_turns",
    "calls",
    "failed_calls",
    "unpriced_calls",
    "estimated_calls",
    "input_tokens",
    "output_tokens",
)


def days(report: Report, pictures: Sequence[Picture]) -> Section:
    """Day by day."""
    rows = tuple(
        Row(name=wording.day(one.date), cells=_cells(one.figures, f"{one.figures.turns:,}"))
        for one in report.days
    )
    table = Table(headers=("Day", "Turns", "Tokens", "Cost"), rows=rows)
    if not any(one.figures.turns or one.figures.calls for one in report.days):
        return Section(title="Day by day", paragraphs=("No turn on any of the seven days.",))
    return Section(title="Day by day", tables=(table,), pictures=tuple(pictures))


def breakdown(report: Report) -> tuple[Section, ...]:
    """By intent, model, organisation and member."""
    if not (report.week.turns or report.week.calls):
        nothing = "No turns, so nothing to break down by intent, model or member."
        return (Section(title="By intent, model and member", paragraphs=(nothing,)),)
    parts: list[tuple[str, Sequence[Line], Callable[[Line, Figures], Row]]] = [
        ("intent", report.intents, _by_turns),
        ("model", report.models, _by_calls),
        ("organisation", report.organisations, _by_people),
        ("member", report.members, _by_turns),
    ]
    if report.organisation_id is not None:
        parts = [part for part in parts if part[0] != "organisation"]
    return tuple(_by(what, lines, row, report.week) for what, lines, row in parts)


def _by(
    what: str, lines: Sequence[Line], row: Callable[[Line, Figures], Row], week: Figures
) -> Section:
    if not lines:
        return Section(title=f"By {what}", paragraphs=(f"No {what} is on record.",))
    first = "Calls" if row is _by_calls else "Turns"
    return Section(
        title=f"By {what}",
        tables=(
            Table(
                headers=(what.capitalize(), first, "Tokens", "Cost"),
                rows=tuple(row(line, week) for line in _shortened(lines)),
            ),
        ),
    )


def _shortened(lines: Sequence[Line]) -> list[Line]:
    if len(lines) <= LINES:
        return list(lines)
    shown, others = list(lines[: LINES - 1]), lines[LINES - 1 :]
    counts = {name: sum(getattr(line.figures, name) for line in others) for name in _COUNTS}
    cost = sum((line.figures.cost_usd for line in others), Decimal(0))
    together = Figures(cost_usd=cost, **counts)
    return [*shown, Line(key="", label=f"{len(others)} others together", figures=together)]


def _by_turns(line: Line, week: Figures) -> Row:
    return _row(line, f"{line.figures.turns:,}", week)


def _by_people(line: Line, week: Figures) -> Row:
    people = line.figures.people
    said = wording.counted(people, "person", "people") if people else ""
    return _row(line, f"{line.figures.turns:,}", week, said)


def _by_calls(line: Line, week: Figures) -> Row:
    figures = line.figures
    facts = [
        wording.name(line.key) if line.key != line.label else "",
        f"{wording.counted(figures.failed_calls, 'call')} failed" if figures.failed_calls else "",
        f"{figures.unpriced_calls:,} without a price" if figures.unpriced_calls else "",
        f"{figures.estimated_calls:,} estimated" if figures.estimated_calls else "",
    ]
    return _row(line, f"{figures.calls:,}", week, *facts, turns=False)


def _row(line: Line, number: str, week: Figures, *facts: str, turns: bool = True) -> Row:
    figures = line.figures
    part = wording.share(figures.cost_usd, week.cost_usd) if figures.cost_usd else ""
    said = [f"{part} of the cost" if part else "", *facts]
    if turns:
        said += [
            f"{figures.failed_turns:,} failed" if figures.failed_turns else "",
            f"{figures.fallback_turns:,} by fallback" if figures.fallback_turns else "",
            f"{figures.truncated_turns:,} cut short" if figures.truncated_turns else "",
            f"{figures.cached_turns:,} from the cache" if figures.cached_turns else "",
        ]
    return Row(
        name=wording.name(line.label or line.key) or "none",
        detail=", ".join(filter(None, said)),
        cells=_cells(figures, number),
    )


def _cells(figures: Figures, number: str) -> tuple[str, ...]:
    tokens = figures.input_tokens + figures.output_tokens
    return (number, f"{tokens:,}", wording.cost(figures, "≥ "))
