"""The plain, immutable form of the routing tables, from which decisions are made."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from routing.intents import Detector

CacheScope = Literal["user", "thread", "organisation"]
Probe = Literal["models", "call"]
OnBreak = Literal["restart", "interrupt"]


class KeyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A usable credential. Its repr never shows it."""

    id: int
    label: str
    value: str
    changed: str = ""
    """Differs after every save by staff."""

    def __repr__(self) -> str:
        return f"KeyFacts({self.id}, {self.label!r})"


class DeploymentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One model at one provider, ready to be called, or with the reason why it is not."""

    name: str
    """`<provider>/<model>`."""
    provider: str
    """The provider's slug."""
    provider_name: str
    wire: str
    base_url: str
    needs_key: bool
    model: str
    label: str
    context_window: int
    max_output_tokens: int
    first_token_timeout_s: float
    idle_timeout_s: float = 15.0
    thinking_timeout_s: float = 60.0
    """The first-token limit once the provider shows that it is thinking or searching."""
    max_concurrency: int
    offered: bool
    demo: bool = False
    """A demo model: called after all others, outside the number of calls."""
    probe: Probe = "models"
    """How its provider is asked whether it is back after an outage."""
    changed: str = ""
    """Differs after every save of the model or its provider by staff."""
    disabled: str = ""
    """Why staff's settings keep it from serving, in words; "" when they don't."""


class PriceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """USD per million tokens (searches: per thousand), from a moment on, above a prompt size."""

    id: int
    effective_from: datetime
    above_input_tokens: int
    input_usd: Decimal
    cached_input_usd: Decimal | None
    cache_write_usd: Decimal | None
    output_usd: Decimal
    search_usd: Decimal | None


class LadderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The deployments of one ladder by name, in the order in which they are tried."""

    name: str
    rungs: tuple[str, ...]
    cache_ttl_s: int = 0
    cache_scope: CacheScope = "user"
    on_break: OnBreak = "restart"
    web_search: bool = False


class PolicyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One published policy version."""

    version: int
    learned: bool = True
    """Whether its intents' examples have been learned; until then an older head serves."""
    persona: str
    max_calls: int
    patience_s: float
    reroute_filtered: bool
    turn_limit_s: float = 900.0
    """A turn that takes longer is ended as interrupted."""
    ladders: Mapping[str, LadderFacts]
    intent_labels: Mapping[str, str]
    """Intent name -> what people call it."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that routing needs to know, as of one revision."""

    revision: int
    policy: PolicyFacts
    detector: Detector
    deployments: Mapping[str, DeploymentFacts]
    keys: Mapping[str, tuple[KeyFacts, ...]]
    """Provider slug -> its usable keys, in the order in which they are tried."""
    prices: Mapping[tuple[str, str], tuple[PriceFacts, ...]]
    """(provider slug, model) -> its rows, newest first."""
