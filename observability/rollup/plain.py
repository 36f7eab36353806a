"""The rollup as plain text for mail clients, terminals and screen readers, 76 columns wide."""

import textwrap
from unicodedata import combining, east_asian_width

from observability.rollup.document import Document, Point, Section
from observability.tables import Row, Table

WIDTH = 76


def plain(document: Document) -> str:
    """Render the whole document, in its order."""
    head = [_wrapped(document.title), "=" * min(WIDTH, _columns(document.title))]
    blocks = ["\n".join(head), *map(_wrapped, document.introduction)]
    for section in document.sections:
        blocks += _section(section)
    blocks.append("-" * WIDTH)
    blocks += map(_wrapped, document.closing)
    if document.url:
        blocks.append(f"This rollup in the admin:\n{document.url}")
    return "\n\n".join(blocks).replace("\N{NO-BREAK SPACE}", " ") + "\n"


def _section(section: Section) -> list[str]:
    title = f"{section.title}\n{'-' * len(section.title)}"
    blocks = [*map(_wrapped, section.paragraphs), *map(_point, section.points)]
    # A chart's words stand here for the chart.
    blocks += [_wrapped(picture.alt) for picture in section.pictures]
    for table in section.tables:
        if table.caption:
            blocks.append(_wrapped(f"{table.caption}:"))
        blocks.append(_table(table))
    first, *others = blocks
    return [f"{title}\n{first}", *others]


def _point(point: Point) -> str:
    text = _wrapped(f"* {point.title}", "  ")
    text += f"\n{_wrapped(point.explanation, '  ', '  ')}"
    return f"{text}\n  {point.url}" if point.url else text


def _table(table: Table) -> str:
    widths = [
        max(
            _columns(line[place])
            for line in (table.headers[1:], *(row.cells for row in table.rows))
        )
        for place in range(len(table.headers) - 1)
    ]
    room = WIDTH - sum(width + 2 for width in widths)
    names = [table.headers[0], *(row.name for row in table.rows)]
    first = min(max(max(map(_columns, names)), 8), room)
    lines = [_line(table.headers[0], table.headers[1:], first, widths)]
    for row in table.rows:
        lines.append(_row(row, first, widths))
    return "\n".join(lines)


def _row(row: Row, first: int, widths: list[int]) -> str:
    *before, last = _broken(row.name, first) or [""]
    lines = [*before, _line(last, row.cells, first, widths)]
    if row.detail:
        lines.append(_wrapped(row.detail, "    ", "    "))
    if row.url:
        lines.append(f"    {row.url}")
    return "\n".join(lines)


def _line(name: str, cells: tuple[str, ...], first: int, widths: list[int]) -> str:
    padded = name + " " * (first - _columns(name))
    figures = (
        " " * (width - _columns(cell)) + cell for cell, width in zip(cells, widths, strict=True)
    )
    return "  ".join([padded, *figures]).rstrip()


def _wrapped(text: str, indent: str = "", first: str = "") -> str:
    # A link is never broken; a word that is longer than a line is.
    return "\n".join(
        textwrap.wrap(
            text,
            WIDTH,
            initial_indent=first,
            subsequent_indent=indent,
            break_long_words="://" not in text,
            break_on_hyphens=False,
        )
    )


def _broken(name: str, width: int) -> list[str]:
    """A name in pieces of at most so many columns."""
    pieces: list[str] = []
    for line in textwrap.wrap(name, width, break_on_hyphens=False):
        piece = ""
        for letter in line:
            if _columns(piece + letter) > width:
                pieces.append(piece)
                piece = ""
            piece += letter
        pieces.append(piece)
    return pieces


def _columns(text: str) -> int:
    """How wide it is on a screen of equal columns: CJK letters take two, accents none."""
    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )
