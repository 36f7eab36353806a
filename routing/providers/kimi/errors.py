"""Recognises Kimi's refusals: https://platform.moonshot.ai/docs/api/errors, and some by their words."""

import re
from collections.abc import Mapping

from routing.providers import error_report
from routing.providers.error_report import ErrorReport, ErrorType, Phrase
from routing.providers.errors import (
    ContentFiltered,
    ContextTooLong,
    KeyRefused,
    ModelGone,
    Overloaded,
    QuotaExhausted,
    RateLimited,
)

_WORDS: Mapping[str, ErrorType] = {
    **error_report.OPENAI_WORDS,
    "invalid_authentication_error": KeyRefused,
    "incorrect_api_key_error": KeyRefused,
    "exceeded_current_quota_error": QuotaExhausted,
    "resource_not_found_error": ModelGone,
    "engine_overloaded_error": Overloaded,
    "rate_limit_reached_error": RateLimited,
}
_PHRASES: tuple[Phrase, ...] = (
    (
        re.compile(
            "exceeded model token limit|input token length too long|maximum context length",
            re.IGNORECASE,
        ),
        ContextTooLong,
    ),
    (re.compile("considered high risk", re.IGNORECASE), ContentFiltered),
    (
        re.compile(
            r"exceeded (?:your )?current quota|token quota.{0,200}balance"
            # The day's tokens: "request reached organization TPD rate limit, current: 1500009"
            r"|\bTPD\b|monthly [^.]{0,60}(?:limit|quota|budget)",
            re.IGNORECASE | re.DOTALL,
        ),
        QuotaExhausted,
    ),
)
_RECHARGE = re.compile("recharge", re.IGNORECASE)


def classify(report: ErrorReport) -> ErrorType:
    """The class of our error that the refusal stands for."""
    kind = error_report.classify(report, _WORDS, _PHRASES)
    if kind is RateLimited and not report.type and _RECHARGE.search(report.message):
        # An empty account may come without a type; with one, it is an advertisement.
        return QuotaExhausted
    return kind
