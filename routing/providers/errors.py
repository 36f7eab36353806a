"""Defines everything that can go wrong at a provider, and what to do about it.

    ProviderError                      code                 remedy
    ├── Unreachable                    network              RETRY
    ├── StreamCut                      cut                  RETRY      ended without a finish
    ├── TimedOut                       timeout              NEXT       `phase` says when
    ├── Delayed                                                        `retry_after_s`
    │   ├── RateLimited                rate_limit           RETRY
    │   ├── Overloaded                 overloaded           RETRY
    │   └── ServerError                server_error         RETRY      any other 5xx, and 499
    ├── KeyRefused                     auth                 OTHER_KEY  the key cools
    ├── NotPermitted                   permission           OTHER_KEY  the key cools
    ├── QuotaExhausted                 quota_exhausted      OTHER_KEY  the key cools
    ├── ModelGone                      model_not_found      NEXT       the deployment cools
    ├── EndpointRetired                endpoint_retired     NEXT       the deployment cools
    ├── ContextTooLong                 context_length       LARGER
    ├── InvalidRequest                 invalid_request      NEXT       STOP if another vendor agrees
    │   └── ParameterRefused           parameter_refused    ADAPT      `parameter` that we added
    ├── ContentFiltered                content_filter       STOP
    ├── EmptyAnswer                    empty_answer         NEXT
    │   └── OnlyThought                only_thought         LONGER     the cap went into thinking
    ├── ConcurrencyLimit               concurrency_limit    NEXT       our own limit, not the vendor's
    └── ProtocolViolated               protocol             NEXT       not what this wire speaks

Only these leave a wire: `routing.providers.call` turns any other exception into ProtocolViolated.

A remedy is advice for a call that has shown nothing yet. What happens after the first visible token
is the policy's business, not the wire's. The texts here are ours: a vendor's own words may repeat a
key or a prompt, so they end at the wire.
"""

from enum import Enum
from typing import ClassVar, Literal

from routing.providers.messages import ReportedCost
from routing.providers.usage import Usage


class Remedy(Enum):
    """What the ladder does after an error."""

    RETRY = "retry"
    """The same rung once more, then the next."""
    NEXT = "next"
    LARGER = "larger"
    """The next rung with a larger context window."""
    LONGER = "longer"
    """The next rung that may write a longer reply, else the next."""
    OTHER_KEY = "other_key"
    """The same rung with the provider's next key, else the next rung."""
    ADAPT = "adapt"
    """The same rung without the parameter that was refused, which is remembered; else the next."""
    STOP = "stop"
    """No other provider would do better: tell the user."""


class Cools(Enum):
    """What is not called for a while after an error."""

    NOTHING = "nothing"
    KEY = "key"
    DEPLOYMENT = "deployment"


class ProviderError(Exception):
    """A call that gave no whole answer; only subclasses are raised."""

    code: ClassVar[str]
    remedy: ClassVar[Remedy]
    cools: ClassVar[Cools] = Cools.NOTHING
    hurts_breaker: ClassVar[bool] = False
    """Whether the error is a sign that the deployment does not work."""

    def __init__(
        self, detail: str = "", *, status: int | None = None, in_band: bool = False
    ) -> None:
        """Set the details; `detail` is our own wording, `in_band` means inside an HTTP 200."""
        super().__init__(detail or self.code)
        self.detail = detail
        self.status = status
        self.in_band = in_band
        self.usage: Usage | None = None
        """What the vendor had reported until then: broken answers are billed too."""
        self.cost: ReportedCost | None = None
        """Its own bill, where it sent one."""
        self.raw_finish_reason = ""
        """The vendor's own word, where it gave one."""


class Unreachable(ProviderError):
    """The connection failed (refused, reset, no such host, TLS) before a byte of the reply."""

    code, remedy, hurts_breaker = "network", Remedy.RETRY, True


class StreamCut(ProviderError):
    """The stream ended without a finish reason or its terminal event."""

    code, remedy, hurts_breaker = "cut", Remedy.RETRY, True


class TimedOut(ProviderError):
    """The vendor was silent for longer than a deadline allows."""

    code, remedy, hurts_breaker = "timeout", Remedy.NEXT, True

    def __init__(
        self, phase: Literal["connect", "first_token", "thinking", "idle", "turn"]
    ) -> None:
        """Set the phase; `thinking`: it only showed that it works; `turn`: the turn's own limit."""
        super().__init__(f"{phase} deadline passed")
        self.phase = phase


class Delayed(ProviderError):
    """An error in which the vendor may say when to call again."""

    remedy, hurts_breaker = Remedy.RETRY, True

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
        in_band: bool = False,
    ) -> None:
        super().__init__(detail, status=status, in_band=in_band)
        self.retry_after_s = retry_after_s


class RateLimited(Delayed):
    """Too many requests or tokens a minute; says nothing of the deployment's health."""

    code, hurts_breaker = "rate_limit", False


class Overloaded(Delayed):
    """The vendor has more requests than it can serve."""

    code = "overloaded"


class ServerError(Delayed):
    """A fault of the vendor's: any other 5xx."""

    code = "server_error"


class KeyRefused(ProviderError):
    """The vendor says that the key is unknown, expired or revoked."""

    code, remedy, cools = "auth", Remedy.OTHER_KEY, Cools.KEY


class NotPermitted(ProviderError):
    """The key is valid but not allowed to do this: region, organisation, billing."""

    code, remedy, cools = "permission", Remedy.OTHER_KEY, Cools.KEY


class QuotaExhausted(ProviderError):
    """The account has no money left, or its daily allowance is used up."""

    code, remedy, cools = "quota_exhausted", Remedy.OTHER_KEY, Cools.KEY


class ModelGone(ProviderError):
    """The model does not exist, or not for this account."""

    code, remedy, cools = "model_not_found", Remedy.NEXT, Cools.DEPLOYMENT


class EndpointRetired(ProviderError):
    """The vendor switched this interface off."""

    code, remedy, cools = "endpoint_retired", Remedy.NEXT, Cools.DEPLOYMENT


class ContextTooLong(ProviderError):
    """The prompt does not fit the model."""

    code, remedy = "context_length", Remedy.LARGER


class InvalidRequest(ProviderError):
    """The vendor refuses the request as it is."""

    code, remedy = "invalid_request", Remedy.NEXT

    def __init__(
        self,
        detail: str = "",
        *,
        param: str | None = None,
        status: int | None = None,
        in_band: bool = False,
    ) -> None:
        super().__init__(detail, status=status, in_band=in_band)
        self.param = param


class ParameterRefused(InvalidRequest):
    """The vendor does not accept a parameter or role that the wire added by itself."""

    code, remedy = "parameter_refused", Remedy.ADAPT

    def __init__(self, parameter: str, *, status: int | None = None, in_band: bool = False) -> None:
        """Set `parameter`, one of the names that an `Endpoint` may be `without`."""
        super().__init__(f"without {parameter}", param=parameter, status=status, in_band=in_band)
        self.parameter = parameter


class ContentFiltered(ProviderError):
    """The vendor's filter refused the prompt, or withheld the answer."""

    code, remedy = "content_filter", Remedy.STOP


class EmptyAnswer(ProviderError):
    """The answer ended without a visible word, whatever the reason.

    One prompt may do this to any model, so it says nothing of the deployment's health.
    """

    code, remedy = "empty_answer", Remedy.NEXT


class OnlyThought(EmptyAnswer):
    """The model used all the tokens that it may generate for thinking."""

    code, remedy = "only_thought", Remedy.LONGER


class ConcurrencyLimit(ProviderError):
    """Our own limit of simultaneous calls is reached; it says nothing of the provider."""

    code, remedy = "concurrency_limit", Remedy.NEXT


class ProtocolViolated(ProviderError):
    """The reply cannot be of this protocol: HTML, a gzip bomb, a line without end."""

    code, remedy, hurts_breaker = "protocol", Remedy.NEXT, True
