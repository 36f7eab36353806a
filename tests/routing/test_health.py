"""What this process has learned about deployments and keys, with the clock in the test's hand."""

import msgspec
import pytest

from routing.providers.errors import (
    InvalidRequest,
    KeyRefused,
    ModelGone,
    ParameterRefused,
    RateLimited,
    ServerError,
)
from routing.services.health import Health
from routing.services.snapshot_types import Snapshot
from tests.routing.climbing import Clock, Site


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock, jitter=lambda: 1.0)


def fail(health: Health, times: int = 1) -> None:
    for _ in range(times):
        health.failed(health.begin("a/b"), ServerError())


def succeed(health: Health) -> None:
    health.succeeded(health.begin("a/b"))


def remaining_s(health: Health, *keys: int) -> float | None:
    outage = health.outage("a/b", keys)
    return outage.remaining_s if outage else None


class TestTheBreaker:
    def test_opens_after_five_failures_in_a_row(self, health: Health):
        fail(health, 4)
        assert health.outage("a/b") is None

        fail(health)

        outage = health.outage("a/b")
        assert outage is not None
        assert (outage.reason, outage.remaining_s) == ("breaker", 30)

    def test_opens_when_half_of_ten_calls_in_a_minute_failed(self, health: Health, clock: Clock):
        for _ in range(5):
            succeed(health)
            fail(health)
            clock.now += 1

        assert health.outage("a/b") is not None

    def test_forgets_failures_older_than_a_minute(self, health: Health, clock: Clock):
        for _ in range(4):
            succeed(health)
            fail(health)
        clock.now += 61
        succeed(health)
        fail(health)

        assert health.outage("a/b") is None

    def test_counts_no_success_that_began_before_the_last_failure(
        self, health: Health, clock: Clock
    ):
        old = health.begin("a/b")
        clock.now += 1
        fail(health, 4)
        health.succeeded(old)

        fail(health)

        assert health.outage("a/b") is not None

    def test_is_not_closed_by_a_call_that_began_before_it_opened(
        self, health: Health, clock: Clock
    ):
        old = health.begin("a/b")
        fail(health, 5)
        clock.now += 1

        health.succeeded(old)

        assert remaining_s(health) == 29

    def test_is_not_prolonged_by_a_call_that_began_before_it_opened(
        self, health: Health, clock: Clock
    ):
        old = health.begin("a/b")
        fail(health, 5)
        clock.now += 10

        health.failed(old, ServerError())

        assert remaining_s(health) == 20


class TestAHalfOpenBreaker:
    @pytest.fixture(autouse=True)
    def half_open(self, health: Health, clock: Clock) -> None:
        fail(health, 5)
        clock.now += 30

    def test_lets_one_call_through_and_holds_back_the_others(self, health: Health):
        assert health.outage("a/b") is None

        health.begin("a/b")

        outage = health.outage("a/b")
        assert outage is not None
        assert outage.reason == "probe"

    def test_closes_when_that_call_works(self, health: Health):
        succeed(health)

        assert health.breaker_states() == {"a/b": "closed"}

    def test_opens_again_for_no_longer_than_before_when_it_fails(self, health: Health):
        fail(health)

        assert remaining_s(health) == 30

    def test_closes_when_that_call_is_refused_by_a_vendor_that_is_there(self, health: Health):
        health.failed(health.begin("a/b"), InvalidRequest())

        assert health.breaker_states() == {"a/b": "closed"}

    def test_lets_the_next_one_try_when_that_call_was_abandoned(self, health: Health):
        health.abandoned(health.begin("a/b"))

        assert health.outage("a/b") is None

    def test_counts_no_failure_of_a_call_from_before_it_closed(self, health: Health, clock: Clock):
        first = health.begin("a/b")
        others = [health.begin("a/b") for _ in range(5)]
        clock.now += 1
        health.succeeded(first)
        for other in others:
            health.failed(other, ServerError())

        assert health.outage("a/b") is None


class TestABackgroundProbe:
    def test_lets_the_next_call_try_it_as_soon_as_the_vendor_answers(self, health: Health):
        fail(health, 5)

        health.probed("a/b", alive=True)

        assert health.breaker_states() == {"a/b": "half_open"}

    def test_keeps_messages_away_while_the_vendor_does_not(self, health: Health, clock: Clock):
        fail(health, 5)
        clock.now += 20

        health.probed("a/b", alive=False)

        assert remaining_s(health) == 30

    def test_changes_nothing_once_the_breaker_is_closed(self, health: Health):
        health.probed("a/b", alive=False)

        assert health.outage("a/b") is None


class TestACooldown:
    def test_of_a_key_counts_only_when_it_is_the_last(self, health: Health):
        health.failed(health.begin("a/b", 1), KeyRefused())

        assert health.outage("a/b", (1, 2)) is None
        outage = health.outage("a/b", (1,))
        assert outage is not None
        assert (outage.reason, outage.remaining_s) == ("key", 600)

    def test_of_a_key_says_nothing_of_the_deployment(self, health: Health):
        for _ in range(20):
            health.failed(health.begin("a/b", 1), KeyRefused())

        assert health.outage("a/b", (2,)) is None

    @pytest.mark.parametrize(("wished", "given"), [(-1, None), (30, 30), (999_999, 3_600)])
    def test_of_a_deployment_is_never_longer_than_an_hour(self, health: Health, wished, given):
        health.cool_deployment("a/b", wished)

        assert remaining_s(health) == given

    def test_ends_with_a_call_that_began_after_it_and_worked(self, health: Health):
        health.cool_key(1)
        health.cool_deployment("a/b")

        health.succeeded(health.begin("a/b", 1))

        assert health.outage("a/b", (1,)) is None

    def test_does_not_end_with_a_call_that_began_before_it(self, health: Health, clock: Clock):
        old = health.begin("a/b", 1)
        clock.now += 1
        health.cool_deployment("a/b", 60)
        health.cool_key(1)

        health.succeeded(old)

        assert remaining_s(health, 1) == 600
        assert remaining_s(health) == 60

    def test_of_a_model_that_is_gone_is_ten_minutes(self, health: Health):
        health.failed(health.begin("a/b"), ModelGone())

        assert remaining_s(health) == 600


class TestRateLimits:
    def limited(self, health: Health, wished: float | None = None) -> None:
        health.failed(health.begin("a/b"), RateLimited(retry_after_s=wished))

    def test_cool_nothing_the_first_time(self, health: Health):
        self.limited(health)

        assert health.outage("a/b") is None

    def test_cool_the_deployment_longer_each_time_in_a_row(self, health: Health, clock: Clock):
        self.limited(health)
        waits = []
        for _ in range(7):
            self.limited(health)
            waits.append(remaining_s(health) or 0.0)
            clock.now += waits[-1]

        assert waits == [10, 20, 40, 80, 160, 300, 300]

    def test_obey_the_vendor_that_wishes_for_more(self, health: Health):
        self.limited(health, 2)
        self.limited(health, 45)

        assert remaining_s(health) == 45

    def test_of_calls_made_at_once_count_as_one(self, health: Health, clock: Clock):
        burst = [health.begin("a/b") for _ in range(20)]
        clock.now += 1
        for call in burst:
            health.failed(call, RateLimited())

        assert remaining_s(health) == 10

    def test_begin_anew_after_a_call_that_worked(self, health: Health, clock: Clock):
        self.limited(health)
        clock.now += 1
        succeed(health)
        self.limited(health)

        assert health.outage("a/b") is None


class TestARefusedParameter:
    def test_is_remembered_for_the_deployment(self, health: Health):
        health.failed(health.begin("a/b"), ParameterRefused("stream_options"))
        health.failed(health.begin("a/b"), ParameterRefused("system_role"))

        assert health.refused_parameters("a/b") == {"stream_options", "system_role"}
        assert health.refused_parameters("a/c") == frozenset()


class TestASaveByStaff:
    @pytest.fixture
    def before(self, simulator) -> Snapshot:
        return Site(simulator).decide("openai/one", "kimi/two").snapshot

    def sick(self, health: Health) -> None:
        for name in ("openai/one", "kimi/two"):
            health.failed(health.begin(name), ParameterRefused("stream_options"))
            for _ in range(5):
                health.failed(health.begin(name), ServerError())
        health.cool_key(1)
        health.cool_key(2)

    @pytest.mark.anyio
    async def test_of_one_model_resets_that_model_alone(self, health: Health, before: Snapshot):
        health.follow(before)
        self.sick(health)
        saved = msgspec.structs.replace(before.deployments["openai/one"], changed="later")

        health.follow(
            msgspec.structs.replace(
                before, revision=2, deployments={**before.deployments, "openai/one": saved}
            )
        )

        assert health.outage("openai/one") is None
        assert health.refused_parameters("openai/one") == frozenset()
        assert health.outage("kimi/two") is not None
        assert health.key_cools_s(1) > 0

    @pytest.mark.anyio
    async def test_of_one_key_resets_that_key_alone(self, health: Health, before: Snapshot):
        health.follow(before)
        self.sick(health)
        saved = msgspec.structs.replace(before.keys["openai"][0], changed="later")

        health.follow(
            msgspec.structs.replace(before, revision=2, keys={**before.keys, "openai": (saved,)})
        )

        assert health.key_cools_s(saved.id) == 0
        assert health.key_cools_s(2) > 0
        assert health.outage("openai/one") is not None

    @pytest.mark.anyio
    async def test_of_something_else_resets_nothing(self, health: Health, before: Snapshot):
        health.follow(before)
        self.sick(health)

        health.follow(msgspec.structs.replace(before, revision=2))

        assert health.outage("openai/one") is not None
        assert health.key_cools_s(1) > 0
