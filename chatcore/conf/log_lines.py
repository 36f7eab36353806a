"""Writes a process's log: one JSON object a line, and never anybody's words.

An exception's own text may hold a prompt, a row or an address with a key in it, so an exception is
written as its type, its code and the places it passed through. Our own messages name ids and codes
only; of a message of somebody else's, what it fills in is written where it is a mere word.
"""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from traceback import walk_tb
from typing import Any

from opentelemetry import trace

OURS = ("chatcore", "routing", "observability", "tests")
SPEAKS_IN_WHOLE_LINES = ("py.warnings",)
"""Python's own warnings: a place and a fixed sentence."""
LONGEST = 400
"""Characters of a message."""
_WORD = re.compile(r"[\w./:@\[\]<>-]{1,120}")
_PHRASES = frozenset(status.phrase for status in HTTPStatus)
_CODE = re.compile(r"\w{1,40}")


class JsonLines(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        span = trace.get_current_span().get_span_context()
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            "trace_id": f"{span.trace_id:032x}" if span.is_valid else None,
            "span_id": f"{span.span_id:016x}" if span.is_valid else None,
            "process": record.process,
        }
        if story := _story(record):
            fields["exception"] = story
        return json.dumps(fields)


class PlainLines(logging.Formatter):
    """The same for a developer's eyes."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {record.name}: {message_of(record)}"
        story = _story(record)
        return f"{line}\n{story}" if story else line


def _story(record: logging.LogRecord) -> str:
    """Where its exception came from; not of a warning of Django's, which tells of every refused page."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or (record.name == "django.request" and record.levelno < logging.ERROR):
        return ""
    return story_of(error)


def message_of(record: logging.LogRecord) -> str:
    """What a record says, without what may be somebody's words."""
    ours = record.name.partition(".")[0] in OURS or record.name in SPEAKS_IN_WHOLE_LINES
    arguments = record.args
    if isinstance(arguments, Mapping):
        filled: Any = {name: _harmless(value, ours=ours) for name, value in arguments.items()}
    else:
        filled = tuple(_harmless(value, ours=ours) for value in arguments or ())
    template = str(record.msg) if ours else str(record.msg).partition("\n")[0]
    if isinstance(record.msg, BaseException):
        template = describe(record.msg)
    try:
        said = template % filled if filled else template
    except (TypeError, ValueError, KeyError):  # the template wanted a number, and got a mark
        said = template
    return said.partition("\n")[0][:LONGEST]


def describe(error: BaseException) -> str:
    """An exception without its text: its type, and its code where it has one."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    code = getattr(error, "code", None) or getattr(error, "sqlstate", None)
    if code is None and isinstance(error, OSError):
        code = error.errno
    plain = isinstance(code, str | int) and _CODE.fullmatch(str(code))
    return f"{name} [{code}]" if plain else name


def story_of(error: BaseException) -> str:
    """Where an exception came from, and what it came of; the outermost place first."""
    parts: list[str] = []
    link: BaseException | None = error
    while link is not None and len(parts) < 5:
        places = [_place(frame.f_code, line) for frame, line in walk_tb(link.__traceback__)]
        parts.append("\n".join([describe(link), *(f"  {place}" for place in places[-25:])]))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nbecause of ".join(parts)


def _place(code: Any, line: int) -> str:
    file = "/".join(code.co_filename.split("/")[-3:])
    return f"{file}:{line} in {code.co_qualname}"


def _harmless(value: object, *, ours: bool) -> object:
    if isinstance(value, BaseException):
        return describe(value)
    if ours or value is None or isinstance(value, int | float):
        return value
    word = str(value)
    return word if _WORD.fullmatch(word) or word in _PHRASES else "…"


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
