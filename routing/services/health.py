"""Remembers which deployments and keys are out of service in this process, and for how long.

A deployment is out while its breaker is open, or while it cools: its vendor said when to come back,
limited it twice in a row, or no longer has the model. A key is out while it cools: it was refused, or
its account is empty. Keys and deployments are apart: a refused key says nothing of the model.
All of it lives in this process's memory.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from routing.providers.errors import Cools, ParameterRefused, ProviderError, RateLimited
from routing.services.breaker import Breaker, BreakerState
from routing.services.snapshot_types import Snapshot

LONGEST_COOLDOWN_S = 3600.0
KEY_COOLDOWN_S = 600.0
DEPLOYMENT_COOLDOWN_S = 600.0
RATE_LIMIT_COOLDOWN_S = 10.0
LONGEST_RATE_LIMIT_COOLDOWN_S = 300.0
JITTER = 0.2
"""Cooldowns of our own making differ by up to this share, so that processes do not return at once."""
RATE_LIMITS_REMEMBERED_S = 600.0


class Outage(msgspec.Struct, frozen=True):
    """Why something is out of service, and for how many seconds still."""

    reason: Literal["breaker", "probe", "cooldown", "key"]
    remaining_s: float

    @property
    def words(self) -> str:
        """The outage in words for staff, e.g. `cooling for another 12 s`."""
        left = f"{max(1, round(self.remaining_s))} s"
        match self.reason:
            case "breaker":
                return f"its breaker is open for another {left}"
            case "probe":
                return "its breaker is half open and another message is trying it"
            case "cooldown":
                return f"cooling for another {left}"
            case "key":
                return f"every key of its provider is cooling for another {left}"


class CallInFlight(msgspec.Struct, frozen=True, kw_only=True):
    """What health needs to know of a call that is under way."""

    deployment: str
    key: int | None
    began_at: float
    probe: bool
    """Its end decides whether the deployment's breaker closes."""


class _Cooldown(msgspec.Struct, frozen=True):
    since: float
    until: float


class _RateLimits(msgspec.Struct):
    """How many times in a row a deployment was rate limited."""

    in_a_row: int = 0
    last_at: float = float("-inf")


class Health:
    """The health of all deployments and keys, as this process knows it."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: random.uniform(1 - JITTER, 1 + JITTER),
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._breakers: dict[str, Breaker] = {}
        self._cooling: dict[str, _Cooldown] = {}
        self._cooling_keys: dict[int, _Cooldown] = {}
        self._limits: dict[str, _RateLimits] = {}
        self._refused: dict[str, frozenset[str]] = {}
        self._followed: Snapshot | None = None

    # --- the life of a call ---

    def begin(self, deployment: str, key: int | None = None) -> CallInFlight:
        """Note that a call begins; `succeeded`, `failed` or `abandoned` must follow."""
        return CallInFlight(
            deployment=deployment,
            key=key,
            began_at=self._clock(),
            probe=self._breaker(deployment).begin(),
        )

    def succeeded(self, call: CallInFlight) -> None:
        """Note that the call was answered; what was learned after it began stays, as it may be newer."""
        now = self._clock()
        self._breaker(call.deployment).succeed(now, began_at=call.began_at, probe=call.probe)
        if self._since(self._cooling.get(call.deployment)) <= call.began_at:
            self._cooling.pop(call.deployment, None)
        if call.key is not None and self._since(self._cooling_keys.get(call.key)) <= call.began_at:
            self._cooling_keys.pop(call.key, None)
        limits = self._limits.get(call.deployment)
        if limits is not None and limits.last_at <= call.began_at:
            del self._limits[call.deployment]

    def failed(self, call: CallInFlight, error: ProviderError) -> None:
        """Note that the call failed, and what the error says of the deployment or the key."""
        now, breaker = self._clock(), self._breaker(call.deployment)
        if error.hurts_breaker:
            breaker.fail(now, began_at=call.began_at, probe=call.probe)
        elif call.probe:
            breaker.close(now)  # the vendor is there: it refused the call
        if error.cools is Cools.KEY and call.key is not None:
            self.cool_key(call.key)
        if error.cools is Cools.DEPLOYMENT:
            self.cool_deployment(call.deployment)
        if isinstance(error, RateLimited):
            self._note_rate_limit(call, error.retry_after_s or 0.0)
        if isinstance(error, ParameterRefused):
            known = self._refused.get(call.deployment, frozenset())
            self._refused[call.deployment] = known | {error.parameter}

    def abandoned(self, call: CallInFlight) -> None:
        """Note that the call ended without a result: the user stopped it, or the process drains."""
        if call.probe:
            self._breaker(call.deployment).give_up_probe()

    def _note_rate_limit(self, call: CallInFlight, wished_s: float) -> None:
        """Cool the deployment at the second rate limit in a row; of simultaneous calls one counts."""
        now = self._clock()
        limits = self._limits.setdefault(call.deployment, _RateLimits())
        if call.began_at < self._since(self._cooling.get(call.deployment)):
            return
        if now - limits.last_at > RATE_LIMITS_REMEMBERED_S:
            limits.in_a_row = 0
        limits.in_a_row, limits.last_at = limits.in_a_row + 1, now
        if limits.in_a_row >= 2:
            doubled = RATE_LIMIT_COOLDOWN_S * 2 ** min(limits.in_a_row - 2, 10)
            own = min(doubled, LONGEST_RATE_LIMIT_COOLDOWN_S) * self._jitter()
            self.cool_deployment(call.deployment, max(own, wished_s))

    # --- what is out ---

    def cool_deployment(self, deployment: str, seconds: float = DEPLOYMENT_COOLDOWN_S) -> None:
        """Do not call a deployment for a while, an hour at most."""
        self._cooling[deployment] = self._longer(self._cooling.get(deployment), seconds)

    def cool_key(self, key: int, seconds: float = KEY_COOLDOWN_S) -> None:
        """Do not use a key for a while."""
        self._cooling_keys[key] = self._longer(self._cooling_keys.get(key), seconds)

    def key_cools_s(self, key: int) -> float:
        """Seconds until a key may be used again; 0 when it may."""
        return self._left(self._cooling_keys.get(key))

    def outage(self, deployment: str, keys: Iterable[int] = ()) -> Outage | None:
        """Why a deployment cannot be called now with any of these keys; None if it can."""
        now, found = self._clock(), list[Outage]()
        breaker = self._breakers.get(deployment)
        if breaker is not None and not breaker.admits(now):
            if breaker.open_until > now:
                found.append(Outage("breaker", breaker.open_until - now))
            else:
                found.append(Outage("probe", 1.0))
        if (left := self._left(self._cooling.get(deployment))) > 0:
            found.append(Outage("cooldown", left))
        if (left := min(map(self.key_cools_s, keys), default=0.0)) > 0:
            found.append(Outage("key", left))
        return max(found, key=lambda outage: outage.remaining_s, default=None)

    def refused_parameters(self, deployment: str) -> frozenset[str]:
        """The parameters that a deployment has refused and that are no longer sent to it."""
        return self._refused.get(deployment, frozenset())

    def breaker_states(self) -> dict[str, BreakerState]:
        """The breaker state of each deployment that was called; safe to ask from another thread."""
        now = self._clock()
        return {name: breaker.state(now) for name, breaker in list(self._breakers.items())}

    # --- the background probe ---

    def probed(self, deployment: str, *, alive: bool) -> None:
        """Note the result of a free probe: the next message may try the deployment, or must wait on."""
        now, breaker = self._clock(), self._breaker(deployment)
        if breaker.state(now) == "open":
            if alive:
                breaker.half_open(now)
            else:
                breaker.open(now)

    # --- what staff change ---

    def follow(self, snapshot: Snapshot) -> None:
        """Forget what was learned of the providers, models and keys that staff have saved since."""
        before, self._followed = self._followed, snapshot
        if before is None or before is snapshot:
            return
        for name, facts in snapshot.deployments.items():
            known = before.deployments.get(name)
            if known is not None and known.changed != facts.changed:
                self._forget(name)
        stamps = {key.id: key.changed for keys in before.keys.values() for key in keys}
        for keys in snapshot.keys.values():
            for key in keys:
                if stamps.get(key.id) != key.changed:
                    self._cooling_keys.pop(key.id, None)

    def _forget(self, deployment: str) -> None:
        self._breakers.pop(deployment, None)
        self._cooling.pop(deployment, None)
        self._limits.pop(deployment, None)
        self._refused.pop(deployment, None)

    # --- small parts ---

    def _breaker(self, deployment: str) -> Breaker:
        return self._breakers.setdefault(deployment, Breaker())

    def _longer(self, known: _Cooldown | None, seconds: float) -> _Cooldown:
        now = self._clock()
        until = now + min(max(seconds, 0.0), LONGEST_COOLDOWN_S)
        return _Cooldown(now, max(until, known.until if known else 0.0))

    def _left(self, cooldown: _Cooldown | None) -> float:
        return max(0.0, cooldown.until - self._clock()) if cooldown else 0.0

    @staticmethod
    def _since(cooldown: _Cooldown | None) -> float:
        return cooldown.since if cooldown else float("-inf")


health = Health()
"""This process's own."""
