"""Tables of words and figures, as pages and mails show them."""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a table."""

    name: str
    """What the line is about."""
    cells: tuple[str, ...]
    """The figures, in the order of the table's headers but the first."""
    detail: str = ""
    """What else there is to say, under the name."""
    url: str = ""
    """Where the name leads; "" for nowhere."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Figures. Every cell but a line's name is a short figure."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    """What the figures are, where a heading above does not say it."""
    key: str = ""
    """What the table is called in the page's code."""
    total: Row | None = None
    note: str = ""
    """What has to be known with the figures."""
    none: str = ""
    """What stands in place of a table without rows."""
