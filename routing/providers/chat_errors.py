"""What do the refusals of OpenAI, Kimi, Sonar and their compatible servers mean?

Each vendor's words, and the few messages that must be read because no code says it.
"""

import re
from collections.abc import Mapping

from routing.providers import complaints
from routing.providers.complaints import Complaint, Verdict
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

_WORDS: Mapping[str, Verdict] = {
    **complaints.OPENAI_WORDS,
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
    return _error_of(complaints.read(status, headers, body))


def classify_in_band(document: object) -> ProviderError:
    """The error that an error object inside a 200 stands for."""
    return _error_of(complaints.read_in_band(document))


def _error_of(complaint: Complaint) -> ProviderError:
    verdict = complaints.judge(complaint, _WORDS)
    if verdict is InvalidRequest and _TOO_LONG.search(complaint.message):
        # Kimi has no code for it.
        verdict = ContextTooLong
    elif verdict is InvalidRequest and _HIGH_RISK.search(complaint.message):
        verdict = ContentFiltered
    elif verdict is RateLimited and not complaint.type and _NO_MONEY.search(complaint.message):
        # Kimi's empty account may come without a type.
        verdict = QuotaExhausted
    field = _INVALID_FIELD.search(complaint.message)
    return complaints.error_of(verdict, complaint, param=field.group(1) if field else None)
