"""What is a rollup made of, before it has a look? The mail, its plain text and the admin's page are
three looks of one document, so that they say the same."""

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
    """What the figures are, where the section's heading does not say it."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do or to know."""

    title: str
    explanation: str
    url: str = ""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A chart. Whoever does not see it reads `alt`, which says the same in words."""

    name: str
    """For file names and Content-IDs: lower case and underscores."""
    alt: str
    png: bytes
    width: int
    """How wide it is meant to be shown at most, in CSS pixels; it is drawn at twice that."""
    height: int


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part with a heading; never empty. Its pieces stand in this order."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole."""

    subject: str
    title: str
    preview: str
    """What mail clients show beside the subject."""
    introduction: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
    """Why one gets it, and how to stop it."""
    url: str
    """The rollup's page in the admin."""
