"""What do the refusals of Perplexity's Agent API and OpenAI's Responses mean?"""

import re
from collections.abc import Mapping

from routing.providers import error_report
from routing.providers.error_report import ErrorReport, ErrorType
from routing.providers.errors import (
    ContextTooLong,
    EndpointRetired,
    InvalidRequest,
    ModelGone,
    ProviderError,
    ServerError,
)

_WORDS: Mapping[str, ErrorType] = {
    **error_report.OPENAI_WORDS,
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
    return _error_of(error_report.read(status, headers, body))


def classify_in_band(document: object) -> ProviderError:
    """The error that an `error` or `response.failed` event stands for."""
    return _error_of(error_report.read_in_band(document))


def _error_of(report: ErrorReport) -> ProviderError:
    kind = error_report.classify_report(report, _WORDS)
    if kind is InvalidRequest and _NO_SUCH_MODEL.search(report.message[:300]):
        kind = ModelGone
    return error_report.error_of(kind, report)
