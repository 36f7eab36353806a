"""A site of one ladder for tests of climbs: a decision made by hand, calls that really go over HTTP."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import cast

import msgspec

from routing.intents import Detector, IntentSpec
from routing.providers.messages import Citations, TextDelta
from routing.route import Route
from routing.services.climb_events import Answering, AtWork
from routing.services.context import History
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import Health
from routing.services.ladder import LadderExhausted
from routing.services.route_and_call import CacheUse, FromCache, route_and_call
from routing.services.snapshot_types import (
    DeploymentFacts,
    KeyFacts,
    LadderFacts,
    PolicyFacts,
    PriceFacts,
    Snapshot,
)
from routing.simulator import Simulator
from routing.simulator.vendors import Vendor

FAST = "tokens6-pace0"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WIRES = {
    "openai": "chat_completions",
    "kimi": "kimi",
    "gemini": "gemini",
    "perplexity": "responses",
    "elsewhere": "chat_completions",
}


class Clock:
    """Seconds that only the test moves on."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Reply:
    """What a person would have seen, and what was recorded."""

    def __init__(self, decision: Decision) -> None:
        self.route: Route = decision.route
        self.text = ""
        self.resets: list[str] = []
        self.failed = ""
        self.sources = 0
        self.made_durable: list[int] = []
        self.activities: list[str] = []
        self.from_cache = False

    @property
    def statuses(self) -> list[str]:
        return [attempt.status for attempt in self.route.attempts]

    @property
    def errors(self) -> list[str]:
        return [attempt.error for attempt in self.route.attempts]

    @property
    def asked(self) -> list[str]:
        return [attempt.deployment for attempt in self.route.attempts]


class Site:
    """A policy with one ladder, at one simulator."""

    def __init__(self, simulator: Simulator, health: Health | None = None) -> None:
        self.simulator = simulator
        self.health = health or Health()

    def deployment(self, name: str, **facts: object) -> DeploymentFacts:
        provider, _, model = name.partition("/")
        base_url = (
            "http://127.0.0.1:9/v1"  # the discard port, where nothing listens
            if provider == "elsewhere"
            else self.simulator.base_url(cast(Vendor, provider))
        )
        plain = DeploymentFacts(
            name=name,
            provider=provider,
            provider_name=provider.title(),
            wire=WIRES[provider],
            base_url=base_url,
            needs_key=True,
            model=model,
            label=model,
            context_window=8_000,
            max_output_tokens=500,
            first_token_timeout_s=0.4,
            thinking_timeout_s=1.0,
            max_concurrency=0,
            offered=False,
        )
        return msgspec.structs.replace(plain, **facts)

    def decide(
        self,
        *rungs: str | DeploymentFacts,
        prompt: str = "hello",
        on_break: str = "restart",
        history: History | None = None,
        keys: Mapping[str, tuple[str, ...]] | None = None,
        web_search: bool = False,
        cache_ttl_s: int = 0,
        **policy: object,
    ) -> Decision:
        """`keys`: provider -> its keys; one each by default."""
        deployments = [self.deployment(rung) if isinstance(rung, str) else rung for rung in rungs]
        ladder = LadderFacts(
            name="ambiguous_or_other",
            rungs=tuple(deployment.name for deployment in deployments),
            on_break=on_break,  # type: ignore[arg-type]
            web_search=web_search,
            cache_ttl_s=cache_ttl_s,
        )
        facts = PolicyFacts(
            version=7,
            persona="Be brief.",
            max_calls=3,
            patience_s=3.0,
            reroute_filtered=False,
            ladders={ladder.name: ladder},
            intent_labels={},
        )
        snapshot = Snapshot(
            revision=1,
            policy=msgspec.structs.replace(facts, **policy),
            detector=Detector([IntentSpec(name="ambiguous_or_other")]),
            deployments={deployment.name: deployment for deployment in deployments},
            keys=key_facts(keys or {}),
            prices={
                ("openai", "sim-cut-after3"): (price(),),
                ("openai", f"sim-ok-{FAST}"): (price(),),
            },
        )
        return decide(
            snapshot=snapshot, health=self.health, prompt=prompt, history=history or History()
        )

    async def answer(
        self,
        decision: Decision,
        *,
        stopwatch: Callable[[], int] = lambda: 0,
        cache_use: CacheUse | None = None,
        supply: Callable[[], Snapshot] | None = None,
    ) -> Reply:
        decision.mark_first_attempt()
        reply = Reply(decision)

        async def on_attempt(route: Route) -> None:
            reply.made_durable.append(len(route.attempts))

        events = route_and_call(
            decision=decision,
            health=self.health,
            stopwatch=stopwatch,
            started_at=NOW,
            on_attempt=on_attempt,
            cache_use=cache_use,
            supply=supply,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, FromCache):
                        reply.from_cache = True
                    if isinstance(event, AtWork):
                        reply.activities.append(event.activity)
                    if isinstance(event, Answering) and event.broke_off:
                        reply.resets.append(event.broke_off)
                        reply.text = ""
                    if isinstance(event, Answering):
                        reply.sources = 0
                    if isinstance(event, Citations):
                        reply.sources = len(event.items)
                    if isinstance(event, TextDelta):
                        reply.text += event.text
        except LadderExhausted as exhausted:
            reply.failed = exhausted.code
        return reply

    async def climb(self, *rungs: str | DeploymentFacts, **how: object) -> Reply:
        return await self.answer(self.decide(*rungs, **how))  # type: ignore[arg-type]

    def calls(self) -> list[str]:
        return [entry.model for entry in self.simulator.log]


def key_facts(named: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[KeyFacts, ...]]:
    """The keys of each provider, with ids of their own."""
    ids = count(1)
    return {
        provider: tuple(
            KeyFacts(id=next(ids), label=f"{provider} {value[-4:]}", value=value)
            for value in named.get(provider, ("test-key",))
        )
        for provider in WIRES
    }


def price() -> PriceFacts:
    return PriceFacts(
        id=3,
        effective_from=datetime(2026, 1, 1, tzinfo=UTC),
        above_input_tokens=0,
        input_usd=Decimal(1),
        cached_input_usd=None,
        cache_write_usd=None,
        output_usd=Decimal(10),
        search_usd=None,
    )


OK = f"openai/sim-ok-{FAST}"
KIMI_OK = f"kimi/sim-ok-{FAST}"
