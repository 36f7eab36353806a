"""What does a vendor's refusal mean? Its code first, then its type, then the status.

The status alone cannot tell: a 429 is a rate limit, an empty account or an overload, and a bad key is a
400 at Gemini. Each wire brings the words its vendor uses; what they have in common is here.
"""

from collections.abc import Mapping

import msgspec

from routing.providers import delays
from routing.providers.errors import (
    ContentFiltered,
    ContextTooLong,
    Delayed,
    EndpointRetired,
    InvalidRequest,
    KeyRefused,
    ModelGone,
    NotPermitted,
    Overloaded,
    ProtocolViolated,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerError,
)
from routing.providers.fields import Json, items, obj, parse, text

ErrorType = type[ProviderError]

OPENAI_WORDS: Mapping[str, ErrorType] = {
    "invalid_api_key": KeyRefused,
    "insufficient_quota": QuotaExhausted,
    "unsupported_country_region_territory": NotPermitted,
    "model_not_found": ModelGone,
    "context_length_exceeded": ContextTooLong,
    "content_policy_violation": ContentFiltered,
    "content_filter": ContentFiltered,
    "invalid_prompt": ContentFiltered,
    "rate_limit_exceeded": RateLimited,
    "server_error": ServerError,
    "overloaded": Overloaded,
    "slow_down": Overloaded,
}
"""The `code`s and `type`s of OpenAI's errors, which the vendors that copied its API use too."""

_STATUSES: Mapping[int, ErrorType] = {
    401: KeyRefused,
    402: QuotaExhausted,
    403: NotPermitted,
    404: ModelGone,
    408: ServerError,
    409: ServerError,
    410: EndpointRetired,
    413: ContextTooLong,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's refusal, read from whichever shape its body has."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; empty for an error inside a 200."""
    code: str
    type: str
    message: str
    param: str | None
    body: Json
    """The error object itself, for what only one vendor says."""
    in_band: bool = False


def read(status: int, headers: Mapping[str, str], body: bytes) -> ErrorReport:
    """The refusal in an answer with an error status; a body that says nothing leaves the status."""
    try:
        document = parse(body)
    except ValueError:
        document = None
    return read_document(document, status, headers)


def read_in_band(document: object) -> ErrorReport:
    """The refusal in a JSON text that came inside a 200: the status is the one it names, else 500."""
    report = read_document(document, 0, {})
    named = int(report.code) if report.code.isdigit() else 0
    status = named if 400 <= named <= 599 else 500
    return msgspec.structs.replace(report, status=status, in_band=True)


def read_document(document: object, status: int, headers: Mapping[str, str]) -> ErrorReport:
    """From `{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}`, `[{...}]` or the bare error."""
    if isinstance(document, list):
        document = document[0] if document else None
    outer = obj(document)
    error = outer.get("error", outer)
    body = obj(error)
    detail = outer.get("detail")
    message = text(body.get("message")) or text(error) or text(detail)
    return ErrorReport(
        status=status,
        headers=headers,
        code=_word(body.get("code")),
        type=_word(body.get("type")),
        message=message or " ".join(text(obj(item).get("msg")) for item in items(detail)),
        param=text(body.get("param")) or None,
        body=body,
    )


def classify_report(report: ErrorReport, words: Mapping[str, ErrorType]) -> ErrorType:
    """By its code, then its type, then its status."""
    for word in (report.code, report.type):
        if word in words:
            return words[word]
    return by_status(report.status)


def by_status(status: int) -> ErrorType:
    """What a status means where nothing else is said.

    A redirect is a violation: a key must not follow it to another host.
    """
    if status < 400:
        return ProtocolViolated
    return _STATUSES.get(status, ServerError if status >= 500 else InvalidRequest)


def retry_delay(report: ErrorReport) -> float | None:
    """Seconds until the vendor wants to be asked again, from header, message or reset header."""
    for wait in (
        delays.from_headers(report.headers),
        delays.from_message(report.message),
        delays.from_resets(report.headers),
    ):
        if wait is not None:
            return wait
    return None


def error_of(
    kind: ErrorType,
    report: ErrorReport,
    *,
    retry_after_s: float | None = None,
    param: str | None = None,
) -> ProviderError:
    """The error to raise, in our words."""
    where = "in the answer" if report.in_band else f"HTTP {report.status}"
    status, in_band = report.status, report.in_band
    if issubclass(kind, Delayed):
        wait = retry_delay(report) if retry_after_s is None else retry_after_s
        return kind(where, retry_after_s=wait, status=status, in_band=in_band)
    if issubclass(kind, InvalidRequest):
        return kind(where, param=param or report.param, status=status, in_band=in_band)
    return kind(where, status=status, in_band=in_band)


def _word(value: object) -> str:
    """A code as text: Perplexity's and Gemini's are numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)
