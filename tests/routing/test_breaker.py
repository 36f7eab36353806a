"""What this process has learned about deployments and keys, with the clock in the test's hand."""

import pytest

from routing.services.health import Health


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


def fail(health: Health, times: int) -> None:
    for _ in range(times):
        health.failed("a/b")


class TestTheBreaker:
    def test_opens_after_five_failures_in_a_row(self, health: Health):
        fail(health, 4)
        assert health.outage("a/b", ()) is None

        fail(health, 1)

        outage = health.outage("a/b", ())
        assert outage is not None
        assert (outage.why, outage.remaining_s) == ("breaker", 30)

    def test_opens_when_half_of_ten_calls_in_a_minute_failed(self, health: Health):
        for _ in range(5):
            health.succeeded("a/b")
            health.failed("a/b")

        assert health.outage("a/b", ()) is not None

    def test_forgets_failures_older_than_a_minute(self, health: Health, clock: Clock):
        for _ in range(4):
            health.succeeded("a/b")
            health.failed("a/b")
        clock.now += 61
        health.succeeded("a/b")
        health.failed("a/b")

        assert health.outage("a/b", ()) is None

    def test_closes_after_its_time_and_doubles_when_still_sick(self, health: Health, clock: Clock):
        fail(health, 5)
        clock.now += 31
        assert health.outage("a/b", ()) is None

        fail(health, 1)

        outage = health.outage("a/b", ())
        assert outage is not None
        assert outage.remaining_s == 60

    def test_never_stays_open_longer_than_five_minutes(self, health: Health, clock: Clock):
        fail(health, 5)
        for _ in range(9):
            clock.now += 301
            fail(health, 1)

        outage = health.outage("a/b", ())
        assert outage is not None
        assert outage.remaining_s == 300

    def test_is_healthy_again_after_a_success(self, health: Health):
        fail(health, 5)
        health.succeeded("a/b")

        fail(health, 4)

        assert health.outage("a/b", ()) is None

    def test_counts_no_call_that_was_under_way_when_it_opened(self, health: Health):
        fail(health, 10)

        outage = health.outage("a/b", ())
        assert outage is not None
        assert outage.remaining_s == 30


class TestACooldown:
    def test_of_a_key_counts_only_when_it_is_the_last(self, health: Health):
        health.cool_key(1)

        assert health.outage("a/b", (1, 2)) is None
        outage = health.outage("a/b", (1,))
        assert outage is not None
        assert outage.why == "key"

    @pytest.mark.parametrize(("wished", "given"), [(-1, None), (30, 30), (999_999, 3_600)])
    def test_of_a_deployment_is_never_longer_than_an_hour(self, health: Health, wished, given):
        health.cool_deployment("a/b", wished)

        outage = health.outage("a/b", ())
        assert (outage and outage.remaining_s) == given

    def test_ends_with_the_first_call_that_works(self, health: Health):
        health.cool_key(1)
        health.cool_deployment("a/b")

        health.succeeded("a/b", 1)

        assert health.outage("a/b", (1,)) is None


class TestAChangeByStaff:
    def test_gives_everything_another_chance(self, health: Health):
        health.as_of(7)
        fail(health, 5)
        health.cool_key(1)

        health.as_of(7)
        assert health.outage("a/b", ()) is not None
        health.as_of(8)
        assert health.outage("a/b", (1,)) is None
