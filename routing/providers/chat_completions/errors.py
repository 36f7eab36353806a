"""What do the refusals of OpenAI, Kimi, Sonar and their compatible servers mean?

Each vendor's words, and the few messages that must be read because no code says it.
"""

import re
from collections.abc import Mapping

from routing.providers import error_report
from routing.providers.error_report import ErrorReport, ErrorType
from routing.providers.errors import (
    ContentFiltered,
    ContextTooLong,
    EndpointRetired,
    InvalidRequest,
    KeyRefused,
    ModelGone,
    Overloaded,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerError,
)

_WORDS: Mapping[str, ErrorType] = {
    **error_report.OPENAI_WORDS,
    # Kimi, https://platform.moonshot.ai/docs/api/errors
    "invalid_authentication_error": KeyRefused,
    "incorrect_api_key_error": KeyRefused,
    "exceeded_current_quota_error": QuotaExhausted,
    "resource_not_found_error": ModelGone,
    "engine_overloaded_error": Overloaded,
    "rate_limit_reached_error": RateLimited,
    # Perplexity's Sonar
    "too_many_prompt_tokens": ContextTooLong,
    "internal_error": ServerError,
    "chat_completions_not_available": EndpointRetired,
    "agent_api_migration_required": EndpointRetired,
    # llama.cpp's server
    "exceed_context_size_error": ContextTooLong,
}
_TOO_LONG = re.compile(
    "exceeded model token limit|input token length too long|maximum context length", re.IGNORECASE
)
_HIGH_RISK = re.compile("considered high risk", re.IGNORECASE)
_NO_MONEY = re.compile("insufficient balance|recharge|token quota.*balance", re.IGNORECASE)
_INVALID_FIELD = re.compile(r"\binvalid (temperature|max_tokens|max_completion_tokens)\b")


def classify(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that an answer with an error status stands for."""
    return _error_of(error_report.read(status, headers, body))


def classify_in_band(document: object) -> ProviderError:
    """The error that an error object inside a 200 stands for."""
    return _error_of(error_report.read_in_band(document))


def _error_of(report: ErrorReport) -> ProviderError:
    kind = error_report.classify_report(report, _WORDS)
    if kind is InvalidRequest and _TOO_LONG.search(report.message):
        # Kimi has no code for it.
        kind = ContextTooLong
    elif kind is InvalidRequest and _HIGH_RISK.search(report.message):
        kind = ContentFiltered
    elif kind is RateLimited and not report.type and _NO_MONEY.search(report.message):
        # Kimi's empty account may come without a type.
        kind = QuotaExhausted
    field = _INVALID_FIELD.search(report.message)
    return error_report.error_of(kind, report, param=field.group(1) if field else None)
