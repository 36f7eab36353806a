"""Which deployments and keys are out just now, and for how long?

A breaker opens after failures in a row, or when half of a minute's calls failed; it stays open for
30 s, doubling to 300 s while the deployment stays sick. A cooldown is an errand of one error: the
vendor said when to come back, or a key was refused. All of it lives in this process's memory.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

FAILURES_IN_A_ROW = 5
WINDOW_S = 60.0
WINDOW_CALLS = 10
WINDOW_SHARE = 0.5
OPEN_S = 30.0
LONGEST_OPEN_S = 300.0
LONGEST_COOLDOWN_S = 3600.0
KEY_COOLDOWN_S = 600.0
DEPLOYMENT_COOLDOWN_S = 600.0


BreakerState = Literal["closed", "half_open", "open"]


class Outage(msgspec.Struct, frozen=True):
    """Why something is out, and for how long still (seconds)."""

    why: Literal["breaker", "cooldown", "key"]
    remaining_s: float

    @property
    def words(self) -> str:
        """For staff, e.g. `cooling for another 12 s`."""
        left = f"{max(1, round(self.remaining_s))} s"
        match self.why:
            case "breaker":
                return f"its breaker is open for another {left}"
            case "cooldown":
                return f"cooling for another {left}"
            case "key":
                return f"every key of its provider is cooling for another {left}"


class _Breaker:
    def __init__(self) -> None:
        self.in_a_row = 0
        self.opened_times = 0
        self.open_until = 0.0
        self.recent: deque[tuple[float, bool]] = deque(maxlen=256)

    def state(self, now: float) -> BreakerState:
        """Half open: it was open, and no call has been answered since."""
        if self.open_until > now:
            return "open"
        return "half_open" if self.opened_times else "closed"

    def note(self, now: float, failed: bool) -> None:
        if failed and self.open_until > now:
            return  # a call that was under way when it opened tells nothing new
        while self.recent and self.recent[0][0] < now - WINDOW_S:
            self.recent.popleft()
        self.recent.append((now, failed))
        if not failed:
            self.in_a_row = self.opened_times = 0
            self.open_until = 0.0
            return
        self.in_a_row += 1
        failures = sum(failed for _, failed in self.recent)
        often = len(self.recent) >= WINDOW_CALLS and failures >= WINDOW_SHARE * len(self.recent)
        # Once it has been open, the first failure after it opens it again.
        if self.in_a_row >= FAILURES_IN_A_ROW or often or self.opened_times:
            self.open_until = now + min(OPEN_S * 2**self.opened_times, LONGEST_OPEN_S)
            self.opened_times += 1
            self.in_a_row = 0
            self.recent.clear()


class Health:
    """What this process has learned about deployments and keys."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds and never goes back."""
        self._clock = clock
        self._revision = 0
        self._breakers: dict[str, _Breaker] = {}
        self._cooling: dict[str, float] = {}
        self._cooling_keys: dict[int, float] = {}

    def succeeded(self, deployment: str, key: int | None = None) -> None:
        """A call was answered, with this key: neither is out any longer."""
        self._breakers.setdefault(deployment, _Breaker()).note(self._clock(), failed=False)
        self._cooling.pop(deployment, None)
        if key is not None:
            self._cooling_keys.pop(key, None)

    def failed(self, deployment: str) -> None:
        """A call failed in a way that speaks of sickness."""
        self._breakers.setdefault(deployment, _Breaker()).note(self._clock(), failed=True)

    def cool_deployment(self, deployment: str, seconds: float = DEPLOYMENT_COOLDOWN_S) -> None:
        """Leave a deployment alone for a while; never longer than an hour."""
        until = self._clock() + min(max(seconds, 0.0), LONGEST_COOLDOWN_S)
        self._cooling[deployment] = max(until, self._cooling.get(deployment, 0.0))

    def cool_key(self, key: int, seconds: float = KEY_COOLDOWN_S) -> None:
        """Leave a key alone for a while."""
        self._cooling_keys[key] = self._clock() + seconds

    def key_rests_s(self, key: int) -> float:
        """Seconds until a key may be used again; 0 when it may."""
        return max(0.0, self._cooling_keys.get(key, 0.0) - self._clock())

    def outage(self, deployment: str, keys: tuple[int, ...]) -> Outage | None:
        """Why a deployment cannot be called now, with the keys it could use; None when it can."""
        now = self._clock()
        found: list[Outage] = []
        breaker = self._breakers.get(deployment)
        if breaker and breaker.open_until > now:
            found.append(Outage("breaker", breaker.open_until - now))
        if (until := self._cooling.get(deployment, 0.0)) > now:
            found.append(Outage("cooldown", until - now))
        if keys and (rest := min(self.key_rests_s(key) for key in keys)) > 0:
            found.append(Outage("key", rest))
        return max(found, key=lambda outage: outage.remaining_s, default=None)

    def breaker_states(self) -> dict[str, BreakerState]:
        """Of each deployment that was called; safe to ask from another thread."""
        now = self._clock()
        return {name: breaker.state(now) for name, breaker in list(self._breakers.items())}

    def as_of(self, revision: int) -> None:
        """Forget everything once staff have changed something: it may be mended now."""
        if revision != self._revision:
            self._revision = revision
            self._breakers.clear()
            self._cooling.clear()
            self._cooling_keys.clear()


health = Health()
"""This process's own."""
