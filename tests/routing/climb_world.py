"""The vendors of the state machine: their wire answers by their health at that moment."""

import asyncio
from collections.abc import AsyncGenerator
from typing import ClassVar

from routing.intents import Detector, IntentSpec
from routing.providers.base import Endpoint
from routing.providers.errors import (
    EmptyAnswer,
    InvalidRequest,
    KeyRefused,
    ModelGone,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
    Unreachable,
)
from routing.providers.messages import ChatRequest, Finished, Opened, StreamEvent, TextDelta
from routing.providers.registry import WIRES
from routing.providers.vendor import Wire
from routing.services.snapshot_types import (
    DeploymentFacts,
    KeyFacts,
    LadderFacts,
    PolicyFacts,
    Snapshot,
)

VENDORS = ("a", "b", "c", "d")
DEMO = "demo"
SICKNESS = {
    "500": lambda: ServerError(status=500),
    "refused": lambda: Unreachable(),
    "silent": lambda: TimedOut("first_token"),
    "limited": lambda: RateLimited(status=429),
    "gone": lambda: ModelGone(status=404),
    "invalid": lambda: InvalidRequest(status=400),
    "empty": lambda: EmptyAnswer(),
}


class World:
    """How the vendors really are."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.sick: dict[str, str] = {}
        self.bad_keys: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self.slow: asyncio.Event | None = None
        """While set, the next call waits for it before it answers."""

    def problem(self, vendor: str, key: str) -> ProviderError | None:
        if key in self.bad_keys:
            return KeyRefused(status=401)
        sickness = self.sick.get(vendor)
        return SICKNESS[sickness]() if sickness else None

    def serves(self, vendor: str, keys: tuple[str, ...]) -> bool:
        return vendor not in self.sick and any(key not in self.bad_keys for key in keys)


class WorldWire:
    """Answers as the world is."""

    world: ClassVar[World]

    def __init__(self, endpoint: Endpoint) -> None:
        self._vendor = endpoint.base_url
        self._key = endpoint.api_key

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        world = self.world
        world.calls.append((self._vendor, self._key))
        problem = world.problem(self._vendor, self._key)
        if world.slow is not None:
            slow, world.slow = world.slow, None
            yield Opened()
            await slow.wait()
        else:
            yield Opened()
        if problem is not None:
            raise problem
        yield TextDelta(f"from {self._vendor}")
        yield Finished(finish_reason="stop", raw_finish_reason="stop")


WIRES["world"] = Wire("The world of these tests", WorldWire)


def deployment(vendor: str) -> DeploymentFacts:
    return DeploymentFacts(
        name=f"{vendor}/model",
        provider=vendor,
        provider_name=vendor,
        wire="world",
        base_url=vendor,
        needs_key=vendor != DEMO,
        model="model",
        label=vendor,
        context_window=8_000,
        max_output_tokens=500,
        first_token_timeout_s=1,
        max_concurrency=0,
        offered=False,
        demo=vendor == DEMO,
    )


KEYS = {"a": ("a1", "a2"), "b": ("b1",), "c": ("c1",), "d": ("d1",)}
KEY_IDS = {value: number for number, value in enumerate(sum(KEYS.values(), ()), 1)}
LADDER = LadderFacts(
    name="ambiguous_or_other", rungs=tuple(f"{vendor}/model" for vendor in (*VENDORS, DEMO))
)
SNAPSHOT = Snapshot(
    revision=1,
    policy=PolicyFacts(
        version=1,
        persona="",
        max_calls=3,
        patience_s=0.0,
        reroute_filtered=False,
        ladders={LADDER.name: LADDER},
        turn_limit_s=1e9,
        intent_labels={},
    ),
    detector=Detector([IntentSpec(name="ambiguous_or_other")]),
    deployments={f"{vendor}/model": deployment(vendor) for vendor in (*VENDORS, DEMO)},
    keys={
        vendor: tuple(KeyFacts(id=KEY_IDS[value], label=value, value=value) for value in values)
        for vendor, values in KEYS.items()
    },
    prices={},
)
