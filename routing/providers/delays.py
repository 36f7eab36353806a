"""Reads when a vendor wants to be called again.

Each says it somewhere else: in a header as milliseconds, seconds or a date, in a reset header, or in
the words of its message. All answers are seconds from now; None is "it did not say".
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MESSAGE_CHARS = 4000
_LONGEST_VALUE = 100
_STEP = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s?(milliseconds?|ms|minutes?|min|m|seconds?|sec|s|hours?|h)"
_STEPS = re.compile(_STEP, re.IGNORECASE)
_DURATION = re.compile(rf"(?:{_STEP})+", re.IGNORECASE)
_AGAIN = re.compile(rf"(?:try again|retry) (?:in|after) ((?:{_STEP}\s?)+)", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[0-9]{1,9}(?:\.[0-9]{1,20})?\s*")
_UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0}


def from_headers(headers: Mapping[str, str]) -> float | None:
    """The delay in `retry-after-ms`, else in `retry-after` (seconds or a date). Names are lower case."""
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    wish = headers.get("retry-after", "").strip()
    seconds = _number(wish)
    if seconds is not None or not wish:
        return seconds
    return _until(wish, headers.get("date", ""))


def from_message(message: str) -> float | None:
    """The delay in words such as "try again in 6ms", "retry in 48.9s", "in 1m30s"."""
    found = _AGAIN.search(message[:_MESSAGE_CHARS])
    return _sum(found.group(1)) if found else None


def from_resets(headers: Mapping[str, str]) -> float | None:
    """The longest delay in `x-ratelimit-reset*` ("12ms", "1m30s", seconds) of those used up.

    OpenAI sends one for requests and one for tokens, each with a `remaining` beside it.
    """
    waits = []
    for name, value in headers.items():
        if not name.startswith("x-ratelimit-reset"):
            continue
        wait = duration(value)
        remaining = _number(headers.get(name.replace("-reset", "-remaining", 1)))
        if wait is not None and not remaining:
            waits.append(wait)
    return max(waits, default=None)


def duration(value: str) -> float | None:
    """A length of time as headers write it, in seconds.

    >>> duration("1m30s"), duration("12ms"), duration("48.5s"), duration("7"), duration("soon")
    (90.0, 0.012, 48.5, 7.0, None)
    """
    value = value[:_LONGEST_VALUE].strip()
    if _DURATION.fullmatch(value):
        return _sum(value)
    return _number(value)


def _sum(steps: str) -> float:
    return sum(
        float(amount) * (0.001 if unit.startswith(("ms", "milli")) else _UNIT_S[unit[0]])
        for amount, unit in _STEPS.findall(steps.lower())
    )


def _number(value: str | None) -> float | None:
    """A finite number that is not negative, else None."""
    return float(value) if value is not None and _NUMBER.fullmatch(value) else None


def _until(wish: str, served_at: str) -> float | None:
    """Seconds until a date by the server's own clock, since ours may differ; None if it has passed."""
    try:
        then, now = (_utc(parsedate_to_datetime(text)) for text in (wish, served_at))
    except (ValueError, OverflowError):  # the latter: a year of thousands of digits
        return None
    wait = (then - now).total_seconds()
    return wait if wait > 0 else None


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
