"""Recognises the refusals of Perplexity's Sonar, which was retired in September 2026."""

import re
from collections.abc import Mapping

from routing.providers import error_report
from routing.providers.error_report import ErrorReport, ErrorType, Phrase
from routing.providers.errors import ContextTooLong, EndpointRetired, ServerError

_WORDS: Mapping[str, ErrorType] = {
    **error_report.OPENAI_WORDS,
    "too_many_prompt_tokens": ContextTooLong,
    "internal_error": ServerError,
    "chat_completions_not_available": EndpointRetired,
    "agent_api_migration_required": EndpointRetired,
}
_PHRASES: tuple[Phrase, ...] = (
    (re.compile("is now the Agent API", re.IGNORECASE), EndpointRetired),
)


def classify(report: ErrorReport) -> ErrorType:
    """The class of our error that the refusal stands for."""
    return error_report.classify(report, _WORDS, _PHRASES)
