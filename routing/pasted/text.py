"""Removes quotation marks and white space around pasted keys and addresses."""

import re

import msgspec

QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": "”",
    "„": "“”",
    "”": "”",
    "‘": "’",
    "‚": "‘’",
    "’": "’",
    "«": "»",
    "»": "«",
}
"""An opening mark -> the marks that may close it."""
ALL_QUOTES = "".join({*QUOTES, *"".join(QUOTES.values())})
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
"""Byte order mark, zero-width characters: copied from web pages, seen by nobody."""

_ASSIGNMENT = re.compile(r"(?:(?:export|set)\s+)?([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|URL))\s*[=:]")


class NotUsable(ValueError):
    """The pasted text cannot be used; the message says why, as a clause, and never repeats a key."""


class Pasted(msgspec.Struct, frozen=True):
    """The corrected text and notes on what was corrected; its repr shows neither."""

    text: str
    notes: tuple[str, ...] = ()
    """The corrections that the person should know of, as sentences."""

    def __repr__(self) -> str:
        return "Pasted()"


def unwrap(raw: str) -> Pasted:
    """The text without the white space and the pairs of quotation marks around it."""
    text = raw.strip().strip(INVISIBLE).strip()
    notes: tuple[str, ...] = ()
    while len(text) >= 2 and text[-1] in QUOTES.get(text[0], ""):
        text = text[1:-1].strip()
        notes = ("The quotation marks around it were left out.",)
    return Pasted(text, notes)


def refuse_assignment(text: str) -> None:
    """Refuse a whole line of a settings file, such as `OPENAI_API_KEY=...`, by raising NotUsable."""
    if found := _ASSIGNMENT.match(text):
        raise NotUsable(f"it begins with “{found[1]}”: only what comes after the = belongs here")
