"""The record of one request: its intent, its policy, who was called, the outcome and the cost.

Plain data. It is written onto the turn while it runs, explains the reply to users and staff
afterwards, and is all that observability needs. It never holds a key. Of texts it holds only the
pieces of the prompt that spoke for an intent (`IntentScore.evidence`, `Route.reason`): whoever shows
those must be allowed to see the prompt.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from routing.providers.usage import Usage

AttemptStatus = Literal["started", "ok", "failed", "cut", "abandoned", "unknown"]
UsageSource = Literal["reported", "estimated", "none"]
CostSource = Literal["provider", "computed", "estimated", "unknown"]
Source = Literal["chat", "api", "summary", "smoke", "check"]
"""`check`: a key's test by staff, or a probe of our own after an outage."""
GaveUp = Literal["", "final", "kept", "calls", "exhausted", "turn_limit"]
"""Why no further rung was asked: another would say the same; the part is kept; all calls were used;
nobody was left; it took too long. "" where a rung answered, or nobody could be asked at all."""


class IntentScore(msgspec.Struct, frozen=True):
    """How strongly the prompt speaks for one intent, and because of what."""

    intent: str
    score: float
    evidence: tuple[str, ...] = ()


class PlannedRung(msgspec.Struct, frozen=True, kw_only=True):
    """One rung of the ladder as it stood when the request came."""

    deployment: str
    """`<provider>/<model>`."""
    label: str
    provider: str
    """The provider's name as people read it."""
    passed_over: str = ""
    """Why it cannot serve, in words; "" when it can."""
    unavailable: bool = False
    """It is set up, but has an outage just now that will pass; it is called only as the last resort."""
    demo: bool = False
    """A demo model: asked only when nobody else answers."""


class Attempt(msgspec.Struct, kw_only=True):
    """One provider call. Times are milliseconds of a monotonic clock since the request came."""

    number: int
    deployment: str
    provider: str
    rung: int
    """Its place in the planned ladder, from 0."""
    leg: int = 0
    """The part of the reply it writes."""
    key: str = ""
    """The key's label, never the key."""
    status: AttemptStatus = "started"
    error: str = ""
    """The code of `routing.providers.errors`, "" when there was none."""
    http_status: int | None = None
    started_ms: int = 0
    opened_ms: int | None = None
    first_token_ms: int | None = None
    ended_ms: int | None = None
    model_answered: str = ""
    finish_reason: str = ""
    raw_finish_reason: str = ""
    truncated_reason: str = ""
    usage: Usage = Usage()
    usage_source: UsageSource = "none"
    cost_usd: Decimal | None = None
    cost_source: CostSource = "unknown"
    price: int | None = None
    """The id of the price row it was computed with."""
    reply_characters: int = 0
    reply_chunks: int = 0
    """The number of pieces in which they came."""


class Route(msgspec.Struct, kw_only=True):
    """The record of one request. Times are counted as those of its attempts."""

    intent: str
    reason: str
    """Why this intent, as a short phrase for people."""
    policy_version: int
    ladder: str
    scores: tuple[IntentScore, ...] = ()
    rungs: tuple[PlannedRung, ...] = ()
    attempts: list[Attempt] = msgspec.field(default_factory=list)
    cache_hit: bool = False
    context_tokens: int = 0
    """Estimated size of what the answering model was sent."""
    context_turns: int = 0
    """Earlier turns that it was sent as they were said."""
    left_out_turns: int = 0
    """Earlier turns that did not fit and that no summary covers yet."""
    summarised_turns: int = 0
    passed_later: dict[int, str] = {}
    """Rung -> why it was passed over while the ladder was climbed, in words."""
    gave_up: GaveUp = ""
    unusable: str = ""
    """Why nobody could be asked at all, "" otherwise."""
    decided_ms: int | None = None
    """Until the decision was made and kept; None where the request was timed from there."""
    cache_asked_ms: int | None = None
    """Until the reply cache was asked; None when it was not."""
    cache_answered_ms: int | None = None
    saved_usd: Decimal | None = None
    """What a reply from the cache had cost when it was made; None when unknown, or not from there."""

    @property
    def answering(self) -> Attempt | None:
        """The attempt that wrote the reply; where none did, the last one."""
        words = [attempt for attempt in self.attempts if attempt.reply_characters]
        return (words or self.attempts)[-1] if self.attempts else None

    @property
    def fallback_used(self) -> bool:
        """Whether a rung other than the first one called was needed."""
        return len({attempt.rung for attempt in self.attempts}) > 1

    def close(self) -> None:
        """End the route: an attempt that was noted but never called becomes abandoned."""
        for attempt in self.attempts:
            if attempt.status == "started":
                attempt.status = "abandoned"
                attempt.cost_usd, attempt.cost_source = Decimal(0), "computed"


def undecided() -> Route:
    """A route for a request that ended before anything was decided about it."""
    return Route(intent="", reason="", policy_version=0, ladder="")


def dump(route: Route) -> bytes:
    """The route as JSON, to be stored on the turn."""
    return msgspec.json.encode(route)


def load(raw: bytes | str) -> Route:
    """The route that `dump` wrote. Raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(raw, type=Route)
