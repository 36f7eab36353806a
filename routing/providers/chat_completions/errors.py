"""Recognises the refusals of OpenAI and of the servers that copied its Chat Completions.

A vendor with words of its own brings them in its folder, by its `Dialect`.
"""

import re
from collections.abc import Mapping

from routing.providers import error_report
from routing.providers.error_report import ErrorReport, ErrorType, Phrase
from routing.providers.errors import ContextTooLong, QuotaExhausted

_WORDS: Mapping[str, ErrorType] = {
    **error_report.OPENAI_WORDS,
    # llama.cpp's server
    "exceed_context_size_error": ContextTooLong,
}
_PHRASES: tuple[Phrase, ...] = (
    # vLLM, Groq and others have no code for it.
    (
        re.compile(
            r"maximum context length|exceeds? [^.]{0,60}context (?:limit|window|length|size)",
            re.IGNORECASE,
        ),
        ContextTooLong,
    ),
    (re.compile("exceeded your current quota", re.IGNORECASE), QuotaExhausted),
)


def classify(report: ErrorReport) -> ErrorType:
    """The class of our error that the refusal stands for."""
    return error_report.classify(report, _WORDS, _PHRASES)
