"""The sections of a rollup about failures, fallbacks and truncations."""

from collections.abc import Sequence

from observability import wording
from observability.rollup.document import Section
from observability.rollup.report import Report, Tally
from observability.tables import Row, Table

ROWS = 10


def trouble(report: Report) -> tuple[Section, ...]:
    """Failures, fallbacks and truncations, each by its cause."""
    week = report.week
    turns = week.turns
    return (
        _part(
            "Failures",
            report.failures,
            ("Turns that failed, by what their users were told", "Cause", "Turns"),
            _of_turns(week.failed_turns, turns, "failed"),
            "No turn failed.",
        ),
        _part(
            "Fallbacks",
            report.fallbacks,
            ("Why another model had to answer", "Cause", "Calls"),
            _of_turns(week.fallback_turns, turns, "answered by a later rung of the ladder"),
            "Every turn was answered by the first model that was asked.",
        ),
        _part(
            "Truncations",
            report.truncations,
            ("Why replies are not whole", "Cause", "Turns"),
            _of_turns(week.truncated_turns, turns, "cut short"),
            "No reply was cut short.",
        ),
    )


def _of_turns(number: int, turns: int, what: str) -> str:
    if not number:
        return ""
    verb = "was" if number == 1 else "were"
    part = wording.share(number, turns)
    said = what if what == "failed" else f"{verb} {what}"
    return f"{wording.counted(number, 'turn')} of {turns:,} {said} ({part})."


def _part(
    title: str, tallies: Sequence[Tally], heads: tuple[str, str, str], many: str, none: str
) -> Section:
    caption, *headers = heads
    rows = tuple(
        Row(name=wording.name(one.label or one.key), cells=(f"{one.count:,}",))
        for one in tallies[:ROWS]
    )
    if len(tallies) > ROWS:
        count = sum(one.count for one in tallies[ROWS:])
        others = f"{len(tallies) - ROWS} other causes"
        rows = (*rows, Row(name=others, cells=(f"{count:,}",)))
    table = Table(caption=caption, headers=tuple(headers), rows=rows)
    if not rows and not many:
        return Section(title=title, paragraphs=(none,))
    return Section(title=title, paragraphs=(many,) if many else (), tables=(table,) if rows else ())
