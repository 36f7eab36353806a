"""What do the refusals of Perplexity's Agent API and OpenAI's Responses mean?"""

import re
from collections.abc import Mapping

from routing.providers import complaints
from routing.providers.complaints import Complaint, Verdict
from routing.providers.errors import (
    ContextTooLong,
    EndpointRetired,
    InvalidRequest,
    ModelGone,
    ProviderError,
    ServerError,
)

_WORDS: Mapping[str, Verdict] = {
    **complaints.OPENAI_WORDS,
    "too_many_prompt_tokens": ContextTooLong,
    "internal_error": ServerError,
    "chat_completions_not_available": EndpointRetired,
    "agent_api_migration_required": EndpointRetired,
    "invalid_model": ModelGone,
}
_NO_SUCH_MODEL = re.compile(r"model\b.*\b(not supported|not found|does not exist)", re.IGNORECASE)
"""Perplexity says it in a plain 400, by the message alone."""


def classify(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that an answer with an error status stands for."""
    return _error_of(complaints.read(status, headers, body))


def classify_in_band(document: object) -> ProviderError:
    """The error that an `error` or `response.failed` event stands for."""
    return _error_of(complaints.read_in_band(document))


def _error_of(complaint: Complaint) -> ProviderError:
    verdict = complaints.judge(complaint, _WORDS)
    if verdict is InvalidRequest and _NO_SUCH_MODEL.search(complaint.message[:300]):
        verdict = ModelGone
    return complaints.error_of(verdict, complaint)
