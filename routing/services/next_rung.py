"""Chooses the rung to call next; the only module that knows which rungs were tried.

Health, keys and switches are asked anew at every rung, since a turn may take a while.
"""

from collections.abc import Callable, Iterator

import msgspec

from routing.route import GaveUp
from routing.services.decision import Candidate, Decision, order_of_calls
from routing.services.health import Health
from routing.services.snapshot_types import KeyFacts, Snapshot

MOST_CALLS = 6
"""Calls that a turn may make to reach a healthy rung, where the policy's own number is smaller."""


class Rungs:
    """The rungs of one request, and which of them were tried."""

    def __init__(
        self, *, decision: Decision, health: Health, supply: Callable[[], Snapshot]
    ) -> None:
        """Take the decision; `supply` gives keys and deployments as they are now."""
        self._route = decision.route
        self._candidates = decision.candidates
        self._max_calls = decision.snapshot.policy.max_calls
        self._health = health
        self._supply = supply
        self._tried: set[int] = set()
        self._keys_used: set[int] = set()
        self._calls = 0
        self._window_above = 0
        self._used_last_resort = False

    # --- how many calls are left ---

    @property
    def calls_left(self) -> int:
        """The number of calls that the policy still allows."""
        return self._max_calls - self._calls

    @property
    def calls_left_at_most(self) -> int:
        """The number of calls still allowed where fewer would not reach a healthy rung."""
        return max(self._max_calls, MOST_CALLS) - self._calls

    def healthy_left(self) -> int:
        """The number of untried rungs that could be called now, without demo models."""
        return sum(candidate.outage is None for candidate in self._untried(demo=False))

    @property
    def why_no_more(self) -> GaveUp:
        """Why no further rung is called: `calls` if a healthy one is left, else `exhausted`."""
        return "calls" if self.healthy_left() else "exhausted"

    def note_call(self, candidate: Candidate) -> None:
        """Note that a call is about to be made; calls of demo models are not counted."""
        self._tried.add(candidate.rung)
        self._calls += not candidate.deployment.demo
        self._used_last_resort |= candidate.outage is not None and not candidate.deployment.demo

    def need_window_above(self, tokens: int) -> None:
        """From now on, choose only rungs with a larger context window."""
        self._window_above = max(self._window_above, tokens)

    # --- which rung is next ---

    def next(self, *, longer_than: int = 0) -> Candidate | None:
        """The next untried rung, demo models left out; None when there is none or calls are used up.

        `longer_than`: only rungs whose longest reply has more tokens. A rung that is out is called
        as the last resort, within the policy's number of calls.
        """
        left = [
            candidate
            for candidate in self._untried(demo=False)
            if candidate.deployment.max_output_tokens > longer_than
        ]
        order = order_of_calls(left)
        if not order or self.calls_left_at_most <= 0:
            return None
        if order[0].outage is not None and (self._used_last_resort or self.calls_left <= 0):
            return None
        return order[0]

    def next_demo(self) -> Candidate | None:
        """The next untried demo model."""
        return next(iter(order_of_calls(self._untried(demo=True))), None)

    def again(self, candidate: Candidate) -> Candidate | None:
        """The same rung as it is now; None if it is out of service or all calls are used up."""
        if self.calls_left_at_most <= 0 and not candidate.deployment.demo:
            return None
        now = self._as_it_is_now(candidate)
        return now if now is not None and now.outage is None else None

    def any_again(self) -> Candidate | None:
        """A rung to call again after all have been tried: the first that is not out of service."""
        live = [self._as_it_is_now(it) for it in self._candidates if not it.deployment.demo]
        return next(iter(order_of_calls([it for it in live if it is not None])), None)

    # --- keys ---

    def choose_key(self, candidate: Candidate) -> KeyFacts | None:
        """The key for the next call, preferably one that is not cooling and was not used before."""
        keys = self._supply().keys.get(candidate.deployment.provider, ())
        best = min(
            keys,
            key=lambda key: (self._health.key_cools_s(key.id), key.id in self._keys_used),
            default=None,
        )
        if best is not None:
            self._keys_used.add(best.id)
        return best

    def has_another_key(self, candidate: Candidate) -> bool:
        """Whether the provider has a key that is not cooling and was not used by this request."""
        keys = self._supply().keys.get(candidate.deployment.provider, ())
        return any(
            key.id not in self._keys_used and not self._health.key_cools_s(key.id) for key in keys
        )

    # --- small parts ---

    def _untried(self, *, demo: bool) -> list[Candidate]:
        return list(self._look(demo=demo))

    def _look(self, *, demo: bool) -> Iterator[Candidate]:
        for candidate in self._candidates:
            if candidate.rung in self._tried or candidate.deployment.demo is not demo:
                continue
            now = self._as_it_is_now(candidate)
            if now is not None and now.deployment.context_window > self._window_above:
                yield now

    def _as_it_is_now(self, candidate: Candidate) -> Candidate | None:
        """The candidate with its present address, limits and outage; None if it was switched off."""
        supply = self._supply()
        deployment = supply.deployments.get(candidate.deployment.name)
        if deployment is None or deployment.disabled:
            why = deployment.disabled if deployment else "it was removed"
            self._route.passed_later[candidate.rung] = why
            return None
        keys = supply.keys.get(deployment.provider, ()) if deployment.needs_key else ()
        outage = self._health.outage(deployment.name, [key.id for key in keys])
        if outage is not None:
            self._route.passed_later[candidate.rung] = outage.words
        else:
            self._route.passed_later.pop(candidate.rung, None)
        return msgspec.structs.replace(candidate, deployment=deployment, outage=outage)
