"""Checks in the background whether a deployment whose breaker is open works again.

So that no user's message has to find out, and a vendor that has healed is used again within seconds.
By default it asks for the vendor's list of models, which is free, and lets the next message try the
deployment when that answers; where staff allow it, it makes a call of one token instead.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import msgspec
from django.utils import timezone

from routing.providers.base import Endpoint
from routing.providers.errors import ProviderError
from routing.providers.messages import Message
from routing.providers.registry import WIRES
from routing.route import Attempt, Route, undecided
from routing.services.attempt import AttemptRunner, CallSpec
from routing.services.health import Health
from routing.services.snapshot_types import DeploymentFacts, KeyFacts, Snapshot

LOOK_EVERY_S = 1.0
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 10.0
CALL_TOKENS = 16
"""Some models refuse a smaller cap."""
PROMPT = "Say OK."

logger = logging.getLogger(__name__)
OnProbe = Callable[[Route], Awaitable[None]]
"""Told of every probe that may have cost money."""


class _Watch(msgspec.Struct):
    """The results of the probes of one open breaker."""

    next_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    told_dead: bool = False
    done: bool = False
    """The list of models has told all it can: it answered (be it while calls fail), or is not there."""


class Prober:
    """Makes the probes of one process."""

    def __init__(
        self,
        *,
        health: Health,
        supply: Callable[[], Snapshot],
        on_probe: OnProbe,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set what is probed; `supply` gives keys and deployments as they are now, `clock` counts seconds."""
        self._health = health
        self._supply = supply
        self._on_probe = on_probe
        self._clock = clock
        self._watches: dict[str, _Watch] = {}

    async def run(self) -> None:
        """Probe deployments with open breakers until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception:
                logger.exception("Probing failed; it goes on in a moment")

    async def look(self) -> None:
        """Make the probes that are due now."""
        states = self._health.breaker_states()
        for name in [name for name in self._watches if states.get(name) == "closed"]:
            del self._watches[name]
        now = self._clock()
        due = [
            name for name, state in states.items() if state == "open" and self._is_due(name, now)
        ]
        await asyncio.gather(*(self._probe(name) for name in due))

    def _is_due(self, name: str, now: float) -> bool:
        watch = self._watches.setdefault(name, _Watch())
        return not watch.done and watch.next_at <= now

    async def _probe(self, name: str) -> None:
        supply, watch = self._supply(), self._watches[name]
        deployment = supply.deployments.get(name)
        if deployment is None or deployment.disabled:
            return
        key = min(
            supply.keys.get(deployment.provider, ()),
            key=lambda key: self._health.key_cools_s(key.id),
            default=None,
        )
        watch.next_at = self._clock() + watch.pause_s
        watch.pause_s = min(watch.pause_s * 2, LONGEST_PAUSE_S)
        if deployment.probe == "call":
            await self._call(deployment, key, supply)
            return
        alive = await self._list_models(deployment, key)
        if alive is False:
            watch.told_dead = True
            self._health.probed(name, alive=False)
            return
        watch.done = True
        if alive and watch.told_dead:  # else it answered while the calls failed: no evidence
            self._health.probed(name, alive=True)

    async def _list_models(self, deployment: DeploymentFacts, key: KeyFacts | None) -> bool | None:
        is_alive = WIRES[deployment.wire].is_alive
        if is_alive is None:
            return None
        endpoint = Endpoint(base_url=deployment.base_url, api_key=key.value if key else "")
        return await is_alive(endpoint)

    async def _call(
        self, deployment: DeploymentFacts, key: KeyFacts | None, supply: Snapshot
    ) -> None:
        """Make one short call, from which health learns as from any other."""
        route, began = undecided(), self._clock()
        attempt = Attempt(
            number=1, deployment=deployment.name, provider=deployment.provider, rung=0
        )
        route.attempts.append(attempt)
        runner = AttemptRunner(
            prices=supply.prices,
            health=self._health,
            stopwatch=lambda: round((self._clock() - began) * 1000),
            started_at=timezone.now(),
        )
        spec = CallSpec(
            deployment=msgspec.structs.replace(deployment, max_output_tokens=CALL_TOKENS),
            key=key,
            messages=(Message("user", PROMPT),),
            tokens=len(PROMPT) // 4 + 1,
        )
        try:
            async with aclosing(runner.call(attempt, spec)) as events:
                async for _ in events:
                    pass
        except ProviderError as error:
            logger.info("%s is still out: %s", deployment.name, error.code)
        await self._on_probe(route)
