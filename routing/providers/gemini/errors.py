"""Recognises Gemini's refusals.

A bad key is a 400, and a 429 says "quota" and "billing" even when it is only the minute's: the details
tell, not the words.
"""

import re
from collections.abc import Mapping

from routing.providers import delays, error_report, refusals
from routing.providers.error_report import ErrorReport, ErrorType, Phrase
from routing.providers.errors import (
    ContextTooLong,
    InvalidRequest,
    KeyRefused,
    ModelGone,
    NotPermitted,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    ServerError,
)
from routing.providers.fields import Json, integer, items, obj, text

_CHARS_PER_TOKEN = 4
_WORDS: Mapping[str, ErrorType] = {
    "INVALID_ARGUMENT": InvalidRequest,
    "UNAUTHENTICATED": KeyRefused,
    "FAILED_PRECONDITION": NotPermitted,
    "PERMISSION_DENIED": NotPermitted,
    "NOT_FOUND": ModelGone,
    "RESOURCE_EXHAUSTED": RateLimited,
    "CANCELLED": ServerError,
    "ABORTED": ServerError,
    "INTERNAL": ServerError,
    "DEADLINE_EXCEEDED": ServerError,
    "UNAVAILABLE": Overloaded,
}
"""https://cloud.google.com/apis/design/errors, which come in the error's `status`."""
_PHRASES: tuple[Phrase, ...] = (
    (
        re.compile(r"token count[^.]{0,100}exceeds the maximum", re.IGNORECASE | re.DOTALL),
        ContextTooLong,
    ),
    (re.compile("api key (?:not valid|expired|not found)", re.IGNORECASE), KeyRefused),
)


def classify(report: ErrorReport, *, prompt_chars: int = 0) -> ErrorType:
    """The class of our error that the refusal stands for.

    `prompt_chars` is the length of what was asked: a prompt larger than the minute's quota gets a 429
    for ever, and is in truth too long.
    """
    details = _details(report)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return KeyRefused
    kind = error_report.classify(report, _WORDS, _PHRASES)
    return _which_quota(details, prompt_chars) if kind is RateLimited else kind


def retry_delay(report: ErrorReport) -> float | None:
    """The delay in the error's `retryDelay`, else where other vendors put it."""
    told = (delays.duration(text(detail.get("retryDelay"))) for detail in _details(report))
    wait = next((seconds for seconds in told if seconds is not None), None)
    return refusals.retry_delay(report) if wait is None else wait


def _details(report: ErrorReport) -> list[Json]:
    return [obj(detail) for detail in items(report.body.get("details"))]


def _which_quota(details: list[Json], prompt_chars: int) -> ErrorType:
    violations = [obj(v) for detail in details for v in items(detail.get("violations"))]
    for violation in violations:
        quota = text(violation.get("quotaId"))
        limit = text(violation.get("quotaValue"))
        if "PerDay" in quota or limit == "0":
            return QuotaExhausted
        per_minute = integer(limit) if "InputTokens" in quota else None
        if per_minute is not None and prompt_chars > per_minute * _CHARS_PER_TOKEN:
            return ContextTooLong
    return RateLimited
