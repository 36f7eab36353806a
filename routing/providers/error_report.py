"""Decides which of our errors a vendor's refusal is.

The status alone cannot tell: a 429 is a rate limit, an empty account or an overload, and a bad key is a
400 at Gemini. The code and type decide first, then the words, then the status. What the vendors have in
common is here; what only one of them says is in that vendor's folder.
"""

import re
from collections.abc import Mapping

import msgspec

from routing.providers.errors import (
    ContentFiltered,
    ContextTooLong,
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
from routing.providers.fields import Json

ErrorType = type[ProviderError]
Phrase = tuple[re.Pattern[str], ErrorType]
"""Words in a message, and what they mean. Gaps in a pattern are bounded: `.*` takes quadratic time."""

OPENAI_WORDS: Mapping[str, ErrorType] = {
    "invalid_api_key": KeyRefused,
    "insufficient_quota": QuotaExhausted,
    "billing_hard_limit_reached": QuotaExhausted,
    "billing_not_active": QuotaExhausted,
    "credit_balance_exhausted": QuotaExhausted,
    "usage_limit_reached": QuotaExhausted,
    "organization_usage_limit_exceeded": QuotaExhausted,
    "organization_spend_limit_exceeded": QuotaExhausted,
    "project_spend_limit_exceeded": QuotaExhausted,
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
    # LiteLLM's proxy
    "budget_exceeded": QuotaExhausted,
}
"""The `code`s and `type`s of OpenAI's errors, which the vendors that copied its API use too."""

_ACCOUNT_PHRASES: tuple[Phrase, ...] = (
    # OpenAI says it with 400 and with 404, https://github.com/continuedev/continue/issues/8209
    (re.compile(r"organi[sz]ation must be verified", re.IGNORECASE), NotPermitted),
    (
        re.compile(
            r"budget has been exceeded|exceeded ?budget|over budget"
            r"|(?:exceeded|reached|over) [^.]{0,60}\bspend(?:ing)? (?:cap|limit)"
            r"|spend(?:ing)? (?:cap|limit) [^.]{0,40}(?:exceeded|reached)"
            r"|billing[ _]hard[ _]limit|billing[ _](?:is )?not[ _]active"
            r"|not active, please check your billing"
            r"|insufficient[ _](?:account )?(?:balance|funds|credits?|quota)"
            r"|credit balance (?:is )?(?:too low|exhausted|insufficient)|out of credits"
            r"|credit[ _]balance[ _]exhausted|usage limit has been reached|usage_limit_reached"
            r"|monthly (?:included )?(?:usage |token |spending |consumption )?"
            r"(?:limit|quota|budget|cap|credits?)\b",
            re.IGNORECASE,
        ),
        QuotaExhausted,
    ),
)
"""What is wrong with the account, in whichever status a vendor or a gateway says it."""

_FINAL = (ContextTooLong, ContentFiltered, QuotaExhausted, EndpointRetired)
_VAGUE = (InvalidRequest, RateLimited, NotPermitted)
"""What a status means where the words may say it better."""

_STATUSES: Mapping[int, ErrorType] = {
    401: KeyRefused,
    402: QuotaExhausted,
    403: NotPermitted,
    404: ModelGone,
    # These speak of the way to the vendor, not of the message.
    405: ProtocolViolated,
    406: ProtocolViolated,
    407: ProtocolViolated,
    408: ServerError,
    409: ServerError,
    410: EndpointRetired,
    411: ProtocolViolated,
    413: ContextTooLong,
    415: ProtocolViolated,
    421: ProtocolViolated,
    425: ServerError,
    426: ProtocolViolated,
    429: RateLimited,
    431: ProtocolViolated,
    451: NotPermitted,
    499: ServerError,
    503: Overloaded,
    529: Overloaded,
}
_SAID_BY_PROXIES = (408, 425, 429, 499)
"""Statuses that mean the same when a proxy in front of the vendor says them with a page."""


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's refusal in one form, whichever shape its body had."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; empty for an error inside a 200."""
    code: str = ""
    type: str = ""
    message: str = ""
    """At most 4,000 characters of it: it is searched."""
    fields: tuple[str, ...] = ()
    """The request's fields that it names in places of their own: `param`, `loc`."""
    body: Json = {}
    """The object under `error`, else the whole document, for what only one vendor says."""
    in_band: bool = False
    is_page: bool = False
    """HTML: by a proxy in front of the vendor, whose word on the key or the message proves nothing."""


def classify(
    report: ErrorReport, words: Mapping[str, ErrorType], phrases: tuple[Phrase, ...] = ()
) -> ErrorType:
    """The class of our error, by code, then type, then words about the account, then status.

    `phrases` are looked for where all that says only "invalid", "too many" or "not permitted".
    """
    if report.is_page:
        return _of_page(report.status)
    named = next((words[w] for w in (report.code, report.type) if w in words), None)
    if named in _FINAL:
        return named
    kind = _by_phrases(report, _ACCOUNT_PHRASES) or named or by_status(report.status)
    if kind in _VAGUE:
        return _by_phrases(report, phrases) or kind
    return kind


def by_status(status: int) -> ErrorType:
    """The class of our error where only the status says anything.

    A redirect is a violation: a key must not follow it to another host.
    """
    if status < 400:
        return ProtocolViolated
    return _STATUSES.get(status, ServerError if status >= 500 else InvalidRequest)


def _of_page(status: int) -> ErrorType:
    is_refusal = 400 <= status < 500 and status not in _SAID_BY_PROXIES
    return ProtocolViolated if is_refusal else by_status(status)


def _by_phrases(report: ErrorReport, phrases: tuple[Phrase, ...]) -> ErrorType | None:
    return next((means for words, means in phrases if words.search(report.message)), None)
