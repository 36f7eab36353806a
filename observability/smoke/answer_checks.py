"""The checks of an answer's text, and the checks of what staff enter for them."""

import json
import re

import re2

from observability.models import SmokeCheck

Kind = SmokeCheck.Kind
FENCED = re.compile(r"```\w*[ \t]*\r?\n(.*)```", re.DOTALL)
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
LARGEST_PATTERN = 3_000
"""In RE2 instructions, as for the rules of intents."""


def failure(kind: str, value: str, answer: str) -> str:
    """Why an answer fails a check, as a sentence; "" when it passes."""
    match kind:
        case Kind.CONTAINS:
            fine = value.casefold() in answer.casefold()
            return "" if fine else f"the answer does not contain “{value}”"
        case Kind.NOT_CONTAINS:
            fine = value.casefold() not in answer.casefold()
            return "" if fine else f"the answer contains “{value}”"
        case Kind.MATCHES:
            fine = compiled(value).search(answer) is not None
            return "" if fine else f"nothing in the answer matches {value}"
        case Kind.JSON:
            return "" if _is_json(answer) else "the answer is not JSON"
        case _:
            words = len(answer.split())
            return "" if words <= int(value) else f"the answer has {words} words"


def refused(kind: str, value: str) -> str:
    """Why a check cannot be entered, as a sentence for its author; "" when it can."""
    if kind == Kind.JSON:
        return "Leave it empty: the whole answer must be JSON." if value else ""
    if not value.strip():
        return "Say what the answer is held against."
    if kind == Kind.MAX_WORDS and not NUMBER.fullmatch(value):
        return "This is not a number of words, from 1."
    return _refused_pattern(value) if kind == Kind.MATCHES else ""


def _refused_pattern(value: str) -> str:
    try:
        pattern = compiled(value)
    except re2.error as error:
        return f"This is not a pattern of RE2: {_words(error)}."
    if pattern.programsize > LARGEST_PATTERN:
        return "The pattern is too large."
    if pattern.search("") is not None:
        return "It matches nothing at all as well, so every answer would pass."
    return ""


def compiled(pattern: str) -> "re2._Regexp":
    """Compile a staff pattern; its time is linear in the text. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _words(error: re2.error) -> str:
    words = error.args[0] if error.args else error
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


def _is_json(answer: str) -> bool:
    """Whether an answer is JSON, also alone in a fenced block, as models like to write it."""
    fenced = FENCED.fullmatch(answer.strip())
    try:
        json.loads(fenced[1] if fenced else answer, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return False
    return True


def _no_json(constant: str) -> None:
    """Refuse NaN and Infinity, which only Python takes."""
    raise ValueError(constant)
