"""What do the refusals of Perplexity's Agent API and OpenAI's Responses mean?"""

from collections.abc import Mapping

from routing.providers import complaints
from routing.providers.complaints import Complaint, Verdict
from routing.providers.errors import (
    ContextTooLong,
    EndpointRetired,
    ProviderError,
    ServerError,
)

_WORDS: Mapping[str, Verdict] = {
    **complaints.OPENAI_WORDS,
    "too_many_prompt_tokens": ContextTooLong,
    "internal_error": ServerError,
    "chat_completions_not_available": EndpointRetired,
    "agent_api_migration_required": EndpointRetired,
}


def classify(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that an answer with an error status stands for."""
    return _error_of(complaints.read(status, headers, body))


def classify_in_band(document: object) -> ProviderError:
    """The error that an `error` or `response.failed` event stands for."""
    return _error_of(complaints.read_in_band(document))


def _error_of(complaint: Complaint) -> ProviderError:
    return complaints.error_of(complaints.judge(complaint, _WORDS), complaint)
