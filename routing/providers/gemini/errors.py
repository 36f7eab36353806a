"""What do Gemini's refusals mean?

A bad key is a 400, and a 429 says "quota" and "billing" even when it is only the minute's: the details
tell, not the words.
"""

import re
from collections.abc import Mapping

from routing.providers import delays, error_report
from routing.providers.error_report import ErrorReport, ErrorType
from routing.providers.errors import (
    ContextTooLong,
    InvalidRequest,
    KeyRefused,
    NotPermitted,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerError,
)
from routing.providers.fields import Json, items, obj, text

_TOO_LONG = re.compile(r"token count.*exceeds the maximum", re.IGNORECASE | re.DOTALL)
_CHARS_PER_TOKEN = 4
_STATUSES: Mapping[str, ErrorType] = {
    "UNAUTHENTICATED": KeyRefused,
    "FAILED_PRECONDITION": NotPermitted,
    "PERMISSION_DENIED": NotPermitted,
    "INTERNAL": ServerError,
    "DEADLINE_EXCEEDED": ServerError,
}


def classify(
    status: int, headers: Mapping[str, str], body: bytes, *, prompt_chars: int = 0
) -> ProviderError:
    """The error that an answer with an error status stands for.

    `prompt_chars` is the length of what was asked: a prompt larger than the minute's quota gets a 429
    for ever, and is in truth too long.
    """
    return _error_of(error_report.read(status, headers, body), prompt_chars)


def classify_in_band(document: object) -> ProviderError:
    """The error that an error object inside a 200 stands for."""
    return _error_of(error_report.read_in_band(document), 0)


def _error_of(report: ErrorReport, prompt_chars: int) -> ProviderError:
    details = [obj(detail) for detail in items(report.body.get("details"))]
    kind = _STATUSES.get(text(report.body.get("status")))
    kind = kind or error_report.by_status(report.status)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        kind = KeyRefused
    elif kind is InvalidRequest and _TOO_LONG.search(report.message):
        kind = ContextTooLong
    elif kind is RateLimited:
        kind = _which_quota(details, prompt_chars)
    told = (delays.duration(text(detail.get("retryDelay"))) for detail in details)
    wait = next((seconds for seconds in told if seconds is not None), None)
    return error_report.error_of(kind, report, retry_after_s=wait)


def _which_quota(details: list[Json], prompt_chars: int) -> ErrorType:
    violations = [obj(v) for detail in details for v in items(detail.get("violations"))]
    for violation in violations:
        quota = text(violation.get("quotaId"))
        limit = text(violation.get("quotaValue"))
        if "PerDay" in quota or limit == "0":
            return QuotaExhausted
        per_minute = int(limit) if "InputTokens" in quota and limit.isdigit() else None
        if per_minute is not None and prompt_chars > per_minute * _CHARS_PER_TOKEN:
            return ContextTooLong
    return RateLimited
