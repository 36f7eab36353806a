"""Finds the turns that a reference means: users quote the first characters of an id."""

import re
from uuid import UUID

_REFERENCE = re.compile(r"[0-9a-f]{6,32}")


def ids_of(reference: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that begin so; None for what is no reference.

    A range rather than a prefix: PostgreSQL keeps ids as numbers, SQLite as text, both in order.
    """
    text = reference.strip().lower().replace("-", "")
    if not _REFERENCE.fullmatch(text):
        return None
    return UUID(text.ljust(32, "0")), UUID(text.ljust(32, "f"))
