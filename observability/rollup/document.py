"""The parts of a rollup before it has a look.

The mail, its plain text and the admin's page are three looks of one document, so that they say the
same.
"""

import msgspec

from observability.tables import Table


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
    """A whole rollup."""

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
