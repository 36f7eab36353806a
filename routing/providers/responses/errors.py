"""Recognises the refusals of OpenAI's Responses and of Perplexity's Agent API, which copied them."""

import re
from collections.abc import Mapping

from routing.providers import error_report
from routing.providers.error_report import ErrorReport, ErrorType, Phrase
from routing.providers.errors import (
    ContextTooLong,
    EndpointRetired,
    ModelGone,
    QuotaExhausted,
    ServerError,
)

_WORDS: Mapping[str, ErrorType] = {
    **error_report.OPENAI_WORDS,
    # Perplexity, https://docs.perplexity.ai
    "too_many_prompt_tokens": ContextTooLong,
    "internal_error": ServerError,
    "chat_completions_not_available": EndpointRetired,
    "agent_api_migration_required": EndpointRetired,
    "invalid_model": ModelGone,
}
_PHRASES: tuple[Phrase, ...] = (
    # Perplexity says it in a plain 400, by the message alone.
    (
        re.compile(
            r"\bmodel\b.{0,150}\b(?:not supported|not found|does not exist)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        ModelGone,
    ),
    (re.compile("exceeded your current quota", re.IGNORECASE), QuotaExhausted),
)


def classify(report: ErrorReport) -> ErrorType:
    """The class of our error that the refusal stands for."""
    return error_report.classify(report, _WORDS, _PHRASES)
