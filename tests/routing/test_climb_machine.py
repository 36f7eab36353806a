"""Ladder, breakers, keys and clock together, in any order of events that Hypothesis can think of.

Vendors fall sick and recover, keys are refused, time passes, some calls take long and end after others;
after each message the promises of the design (section 6) must hold. No network: the wire is one of the
registry's, whose answer is whatever the world says at that moment.
"""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from unittest.mock import patch

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.providers.messages import TextDelta
from routing.route import Route
from routing.services import ladder
from routing.services.context import History
from routing.services.decide import decide
from routing.services.health import Health
from routing.services.ladder import LadderExhausted
from routing.services.route_and_call import route_and_call
from tests.routing.climb_world import (
    DEMO,
    KEY_IDS,
    KEYS,
    SICKNESS,
    SNAPSHOT,
    VENDORS,
    World,
    WorldWire,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STEPS = 40
EXAMPLES = 250
"""Times STEPS: 10,000 steps."""


class Turn(msgspec.Struct):
    """One message and what came of it."""

    route: Route
    began_at: float
    text: str = ""
    failed: str = ""


class Climbs(RuleBasedStateMachine):
    """The machine. Its clock is the world's; only `wait` moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.without_pauses = patch.object(ladder, "BACKOFF_S", 0.0)
        self.without_pauses.start()
        self.loop = asyncio.new_event_loop()
        self.world = WorldWire.world = World()
        self.health = Health(lambda: self.world.now, jitter=lambda: 1.0)
        self.limited: dict[str, tuple[int, float]] = {}
        """Vendor -> how often in a row it has limited us, and when last."""
        self.under_way: list[tuple[asyncio.Event, asyncio.Task[Turn]]] = []

    def teardown(self) -> None:
        for slow, task in self.under_way:
            slow.set()
            self.loop.run_until_complete(task)
        self.loop.close()
        self.without_pauses.stop()

    # --- what happens to the world ---

    @rule(vendor=st.sampled_from(VENDORS), sickness=st.sampled_from(sorted(SICKNESS)))
    def falls_sick(self, vendor: str, sickness: str) -> None:
        self.world.sick[vendor] = sickness

    @rule(vendor=st.sampled_from(VENDORS))
    def recovers(self, vendor: str) -> None:
        self.world.sick.pop(vendor, None)

    @rule(key=st.sampled_from(sorted(KEY_IDS)))
    def key_is_revoked(self, key: str) -> None:
        self.world.bad_keys.add(key)

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 31.0, 601.0]))
    def wait(self, seconds: float) -> None:
        self.world.now += seconds

    # --- messages ---

    @rule()
    def a_slow_call_begins(self) -> None:
        slow = self.world.slow = asyncio.Event()
        task = self.loop.create_task(self._turn())
        self._let_run()
        self.world.slow = None
        self.under_way.append((slow, task))

    @rule(data=st.data())
    def a_slow_call_ends(self, data: st.DataObject) -> None:
        if not self.under_way:
            return
        place = data.draw(st.integers(0, len(self.under_way) - 1))
        slow, task = self.under_way.pop(place)
        before = self._outages()
        slow.set()
        turn = self.loop.run_until_complete(task)
        called_since = {attempt.deployment for attempt in turn.route.attempts[1:]}
        for name, (learned_at, remaining) in before.items():
            if learned_at is not None and learned_at > turn.began_at and name not in called_since:
                outage = self.health.outage(name, self._key_ids(name))
                assert outage is not None, f"{name} was forgotten by an older call"
                assert outage.remaining_s >= remaining - 0.001

    @rule(number=st.integers(2, 7))
    def messages_in_a_row(self, number: int) -> None:
        for _ in range(number):
            self.world.now += 0.5
            self.a_message()

    @rule()
    def a_message(self) -> None:
        serving = self._serving_rungs_not_out()
        out = {
            name
            for name in SNAPSHOT.deployments
            if self.health.outage(name, self._key_ids(name)) is not None
        }
        calls_before = len(self.world.calls)

        turn = self.loop.run_until_complete(self._turn())

        called = self.world.calls[calls_before:]
        self._check_the_answer(turn, serving)
        self._check_the_calls(called, out, serving)

    def _check_the_answer(self, turn: Turn, serving: list[str]) -> None:
        if serving and not self._two_refuse_the_message():
            assert turn.text in {f"from {vendor}" for vendor in serving}, (
                f"{serving} would have answered: {turn}"
            )
        if turn.failed == "invalid_request":
            refusers = [it for it in turn.route.attempts if it.error == "invalid_request"]
            assert len({it.provider for it in refusers}) >= 2
        if turn.text:
            assert turn.route.attempts[-1].status == "ok"

    def _check_the_calls(
        self, called: list[tuple[str, str]], out: set[str], serving: list[str]
    ) -> None:
        real = [vendor for vendor, _ in called if vendor != DEMO]
        assert len(real) <= 6
        if serving and not self._two_refuse_the_message():
            for vendor in real:
                assert f"{vendor}/model" not in out, f"{vendor} was out, and others were there"
        used = [key for _, key in called if key]
        refused = [key for key in used if key in self.world.bad_keys]
        assert len(refused) == len(set(refused)), "a refused key was tried twice in a turn"
        for vendor in set(real):
            assert real.count(vendor) <= 3
        if serving:
            self._check_the_rate_limits(real)

    def _check_the_rate_limits(self, called: list[str]) -> None:
        """Whoever limited us twice in a row is left alone for ten seconds."""
        for vendor in called:
            if self.world.sick.get(vendor) != "limited":
                self.limited.pop(vendor, None)
                continue
            times, last_at = self.limited.get(vendor, (0, 0.0))
            in_a_row = times + 1 if self.world.now - last_at < 10.0 else 1
            assert in_a_row <= 3, f"{vendor} was called though it limits us"
            self.limited[vendor] = (in_a_row, self.world.now)

    # --- what always holds ---

    @invariant()
    def a_breaker_is_open_for_half_a_minute_at_most(self) -> None:
        for name in SNAPSHOT.deployments:
            outage = self.health.outage(name)
            if outage is not None and outage.reason == "breaker":
                assert outage.remaining_s <= 30.0 + 1e-6

    @invariant()
    def a_healed_vendor_is_let_in_one_at_a_time(self) -> None:
        for name, state in self.health.breaker_states().items():
            if state != "half_open" or self.health.outage(name) is not None:
                continue
            probe = self.health.begin(name)
            assert self.health.outage(name) is not None, "two probes at once"
            self.health.abandoned(probe)

    # --- small parts ---

    def _two_refuse_the_message(self) -> bool:
        return list(self.world.sick.values()).count("invalid") > 1

    def _serving_rungs_not_out(self) -> list[str]:
        return [
            vendor
            for vendor in VENDORS
            if self.world.serves(vendor, self._fresh_keys(vendor))
            and self.health.outage(f"{vendor}/model", self._key_ids(f"{vendor}/model")) is None
        ]

    def _fresh_keys(self, vendor: str) -> tuple[str, ...]:
        return tuple(key for key in KEYS[vendor] if not self.health.key_cools_s(KEY_IDS[key]))

    def _key_ids(self, name: str) -> tuple[int, ...]:
        return tuple(KEY_IDS[key] for key in KEYS.get(name.partition("/")[0], ()))

    def _outages(self) -> dict[str, tuple[float | None, float]]:
        """Name -> (when it was learned, for how long it still holds), breakers only."""
        found: dict[str, tuple[float | None, float]] = {}
        for name in SNAPSHOT.deployments:
            outage = self.health.outage(name)
            if outage is not None and outage.reason == "breaker":
                found[name] = (self.world.now - (30.0 - outage.remaining_s), outage.remaining_s)
        return found

    def _let_run(self) -> None:
        for _ in range(50):
            self.loop.run_until_complete(asyncio.sleep(0))

    async def _turn(self) -> Turn:
        decision = decide(snapshot=SNAPSHOT, health=self.health, prompt="hello", history=History())
        decision.mark_first_attempt()
        turn = Turn(decision.route, began_at=self.world.now)

        async def on_attempt(route: Route) -> None:
            """Nothing is kept."""

        events = route_and_call(
            decision=decision,
            health=self.health,
            stopwatch=lambda: round((self.world.now - turn.began_at) * 1000),
            started_at=NOW,
            on_attempt=on_attempt,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, TextDelta):
                        turn.text += event.text
        except LadderExhausted as exhausted:
            turn.failed = exhausted.code
        return turn


TestClimbs = Climbs.TestCase
TestClimbs.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
