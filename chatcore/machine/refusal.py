"""Ends a start with one line."""

import re
import sys
from typing import NoReturn

LONGEST = 300
"""Characters of what somebody else has said."""


def stop(words: str) -> NoReturn:
    """One line on standard error, no traceback, exit code 1."""
    sys.exit(f"chatcore: {words}")


def one_line(words: object) -> str:
    """What a library said, as part of a line."""
    return re.sub(r"\s+", " ", str(words)).strip(" .:")[:LONGEST]


def without(secret: str | None, words: str) -> str:
    """Words in which a secret, should it stand there, is left out."""
    return words.replace(secret, "...") if secret else words
