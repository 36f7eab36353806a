"""Reads a provider's key as it was typed, pasted or set in the environment."""

import re

from routing.pasted.text import ALL_QUOTES, NotUsable, Pasted, refuse_assignment, unwrap

_BEARER = re.compile(r"bearer\s+(?=\S)", re.IGNORECASE)


def read_key(raw: str) -> Pasted:
    """The key itself, or "" when the text is empty. Raises NotUsable.

    White space, pairs of quotation marks and the word `Bearer` around it are left out. What its
    characters mean is the provider's business: only what no HTTP header can carry is refused.
    """
    found = unwrap(raw)
    text, notes = found.text, found.notes
    if bearer := _BEARER.match(text):
        found = unwrap(text[bearer.end() :])
        text = found.text
        notes = (*notes, "The word “Bearer” before the key was left out.", *found.notes)
    refuse_assignment(text)
    if text and (text[0] in ALL_QUOTES or text[-1] in ALL_QUOTES):
        raise NotUsable("there is a quotation mark at one end of it")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise NotUsable("a key has no spaces, line breaks or accented letters")
    return Pasted(text, tuple(dict.fromkeys(notes)))
