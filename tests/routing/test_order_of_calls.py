"""In which order rungs are called, how often, and what counts as an answer (design, section 6)."""

import anyio
import msgspec
import pytest

from routing.providers.errors import ConcurrencyLimit, ServerError
from routing.services.context import History, PastTurn
from routing.services.health import Health
from routing.services.snapshot_types import DeploymentFacts
from tests.routing.climbing import FAST, KIMI_OK, OK, Site

pytestmark = pytest.mark.anyio

GEMINI_OK = f"gemini/sim-ok-{FAST}"
FOUR_DOWN = ("openai/sim-500", "gemini/sim-503", "perplexity/sim-503", "kimi/sim-500")


def demo(site: Site, name: str = OK) -> DeploymentFacts:
    return site.deployment(name, demo=True)


def sick(health: Health, deployment: str) -> None:
    for _ in range(5):
        health.failed(health.begin(deployment), ServerError())


class TestAFailedCall:
    async def test_is_not_repeated_while_healthy_rungs_would_lose_their_call(self, site: Site):
        reply = await site.climb("openai/sim-500", "gemini/sim-503", KIMI_OK)

        assert reply.asked == ["openai/sim-500", "gemini/sim-503", KIMI_OK]

    async def test_is_repeated_when_every_healthy_rung_keeps_its_call(self, site: Site):
        reply = await site.climb("openai/sim-500", KIMI_OK)

        assert reply.asked == ["openai/sim-500", "openai/sim-500", KIMI_OK]

    async def test_leads_to_a_healthy_rung_beyond_the_policys_number_of_calls(self, site: Site):
        reply = await site.climb(
            "openai/sim-500", "gemini/sim-503", "perplexity/sim-503", "kimi/sim-500", OK
        )

        assert reply.failed == ""
        assert len(reply.asked) == 5

    async def test_is_one_of_six_at_most(self, site: Site):
        down = [f"openai/sim-500-tag{number}" for number in "abcdefg"]

        reply = await site.climb(*down, KIMI_OK)

        assert reply.failed == "providers_unavailable"
        assert reply.asked == down[:6]
        assert reply.route.gave_up == "calls"

    async def test_may_be_one_of_more_where_staff_allow_more(self, site: Site):
        down = [f"openai/sim-500-tag{number}" for number in "abcdefg"]

        reply = await site.climb(*down, KIMI_OK, max_calls=8)

        assert reply.asked == [*down, KIMI_OK]


class TestADemoModel:
    async def test_is_not_asked_while_another_rung_is_healthy(self, site: Site):
        reply = await site.climb(demo(site), "gemini/sim-503", KIMI_OK)

        assert reply.asked[-1] == KIMI_OK
        assert OK not in reply.asked

    async def test_is_asked_when_all_others_have_failed_outside_the_number_of_calls(
        self, site: Site
    ):
        reply = await site.climb(*FOUR_DOWN, demo(site))

        assert reply.asked == [*FOUR_DOWN, OK]
        assert reply.failed == ""

    async def test_is_asked_at_once_when_no_other_is_usable(self, site: Site):
        nobody = site.deployment(KIMI_OK, disabled="no key")

        reply = await site.climb(nobody, demo(site))

        assert reply.asked == [OK]

    async def test_does_not_replace_words_of_a_better_model(self, site: Site):
        reply = await site.climb("kimi/sim-cut-after3", demo(site))

        assert OK not in reply.asked
        assert reply.failed == "interrupted"
        assert reply.text == site.simulator.log[0].served.text


class TestHealth:
    async def test_is_asked_again_at_every_rung(self, site: Site):
        decision = site.decide("openai/sim-500", "gemini/sim-ok", KIMI_OK)
        sick(site.health, "gemini/sim-ok")

        reply = await site.answer(decision)

        assert reply.asked[-1] == KIMI_OK
        assert "gemini/sim-ok" not in reply.asked
        assert "breaker is open" in reply.route.passed_later[1]

    async def test_is_asked_before_the_first_call_of_a_turn_that_waited(self, site: Site):
        decision = site.decide(OK, KIMI_OK)
        sick(site.health, OK)

        reply = await site.answer(decision)

        assert reply.asked == [KIMI_OK]
        assert reply.made_durable == [1]

    async def test_forbids_a_retry_of_what_this_very_failure_opened(self, site: Site):
        for _ in range(4):
            site.health.failed(site.health.begin("openai/sim-500"), ServerError())

        reply = await site.climb("openai/sim-500", KIMI_OK)

        assert reply.asked == ["openai/sim-500", KIMI_OK]

    async def test_of_the_only_rung_left_lets_it_be_tried_once(self, site: Site):
        sick(site.health, OK)
        sick(site.health, "kimi/sim-500")

        reply = await site.climb("kimi/sim-500", OK)

        assert len(reply.asked) == 1

    async def test_makes_a_switched_off_rung_be_passed_over_in_mid_climb(self, site: Site):
        decision = site.decide("openai/sim-500", "gemini/sim-ok", KIMI_OK)
        off = msgspec.structs.replace(
            decision.snapshot.deployments["gemini/sim-ok"], disabled="the model is switched off"
        )
        now = msgspec.structs.replace(
            decision.snapshot,
            deployments={**decision.snapshot.deployments, "gemini/sim-ok": off},
        )

        reply = await site.answer(decision, supply=lambda: now)

        assert "gemini/sim-ok" not in reply.asked
        assert reply.route.passed_later[1] == "the model is switched off"


class TestAnAnswer:
    @pytest.mark.parametrize(
        "model", ["kimi/sim-truncated-thinking", "gemini/sim-truncated-thinking"]
    )
    async def test_is_not_one_that_was_only_thought(self, site: Site, model: str):
        reply = await site.climb(model, OK)

        assert reply.failed == ""
        assert reply.resets == []
        assert reply.asked == [model, OK]
        assert reply.route.attempts[0].status == "failed"

    async def test_that_was_only_thought_leads_to_a_longer_cap_first(self, site: Site):
        longer = site.deployment(OK, max_output_tokens=4_000)

        reply = await site.climb("kimi/sim-truncated-thinking", GEMINI_OK, longer)

        assert reply.asked == ["kimi/sim-truncated-thinking", OK]

    async def test_is_not_erased_by_one_without_words(self, site: Site):
        reply = await site.climb("openai/sim-cut-after3", "kimi/sim-truncated-thinking")

        assert reply.failed == "interrupted"
        assert reply.resets == []
        assert reply.text == site.simulator.log[0].served.text

    async def test_without_words_says_nothing_of_a_deployments_health(self, site: Site):
        for _ in range(6):
            await site.climb("openai/sim-empty", KIMI_OK)

        assert site.health.outage("openai/sim-empty") is None


class TestASecondKey:
    KEYS = {"openai": ("bad-key", "good-key-2222")}

    async def test_is_used_in_the_same_turn_when_the_first_is_refused(self, site: Site):
        reply = await site.climb(OK, KIMI_OK, keys=self.KEYS)

        assert reply.asked == [OK, OK]
        assert [attempt.key for attempt in reply.route.attempts] == ["openai -key", "openai 2222"]

    async def test_serves_the_next_turns_at_once(self, site: Site):
        await site.climb(OK, KIMI_OK, keys=self.KEYS)

        reply = await site.climb(OK, KIMI_OK, keys=self.KEYS)

        assert reply.asked == [OK]

    async def test_is_used_when_the_first_is_limited_without_waiting(self, site: Site):
        model = f"openai/sim-flaky-1-429-message1-{FAST}"

        reply = await site.climb(
            model, KIMI_OK, keys={"openai": ("key-number-1111", "key-number-2222")}
        )

        assert reply.asked == [model, model]
        assert len({attempt.key for attempt in reply.route.attempts}) == 2

    async def test_is_not_used_once_it_was_revoked(self, site: Site):
        decision = site.decide(OK, KIMI_OK, keys=self.KEYS)
        revoked = msgspec.structs.replace(
            decision.snapshot,
            keys={**decision.snapshot.keys, "openai": decision.snapshot.keys["openai"][:1]},
        )

        reply = await site.answer(decision, supply=lambda: revoked)

        assert reply.asked == [OK, KIMI_OK]


class TestARateLimit:
    async def test_that_comes_twice_in_a_row_cools_the_deployment(self, site: Site):
        await site.climb("kimi/sim-429-message1", OK)

        reply = await site.climb("kimi/sim-429-message1", OK)

        assert reply.asked == [OK]
        assert "cooling" in reply.route.rungs[0].passed_over


class TestOurOwnNetwork:
    async def test_costs_the_patience_before_the_turn_fails(self, site: Site):
        nowhere = [site.deployment(f"elsewhere/{name}") for name in "abc"]

        reply = await site.climb(*nowhere, patience_s=0.5)

        assert reply.failed == "providers_unavailable"
        assert 4 <= len(reply.asked) <= 6

    async def test_is_outlasted_by_a_turn_that_begins_while_it_is_away(self, site: Site):
        # The vendor is found again at the second address that is tried: the line is back.
        decision = site.decide(site.deployment("elsewhere/a"), patience_s=2.0)
        back = msgspec.structs.replace(
            decision.snapshot.deployments["elsewhere/a"],
            base_url=site.simulator.base_url("openai"),
        )
        calls = 0

        def supply():
            nonlocal calls
            calls = len(decision.route.attempts)
            if calls < 3:
                return decision.snapshot
            return msgspec.structs.replace(decision.snapshot, deployments={"elsewhere/a": back})

        reply = await site.answer(decision, supply=supply)

        assert reply.failed == ""
        assert reply.text


class TestTheLongestReply:
    async def test_ends_a_turn_as_interrupted_with_its_text(self, site: Site):
        ticks = iter(range(0, 10_000_000, 400))

        decision = site.decide("openai/sim-ok-tokens400-pace0", KIMI_OK, turn_limit_s=10.0)
        reply = await site.answer(decision, stopwatch=lambda: next(ticks))

        assert reply.failed == "interrupted"
        assert reply.text
        assert reply.asked == ["openai/sim-ok-tokens400-pace0"]
        assert reply.route.gave_up == "turn_limit"
        assert site.health.breaker_states() == {"openai/sim-ok-tokens400-pace0": "closed"}

    async def test_bounds_a_call_that_goes_on_and_on_without_hurting_its_breaker(self, site: Site):
        drips = "openai/sim-ok-tokens400-pace50"
        for _ in range(5):
            reply = await site.climb(drips, KIMI_OK, turn_limit_s=0.3)

            assert (reply.failed, reply.asked) == ("interrupted", [drips])
        assert site.health.outage(drips) is None


class TestOurOwnLimitOfCallsAtOnce:
    async def test_is_not_told_as_the_providers_fault(self, site: Site):
        one = site.deployment(
            "openai/sim-stall-after0", max_concurrency=1, first_token_timeout_s=0.3
        )
        both = [site.decide(one, KIMI_OK) for _ in range(2)]
        replies = []

        async with anyio.create_task_group() as tasks:
            for decision in both:

                async def answer(decision=decision):
                    replies.append(await site.answer(decision))

                tasks.start_soon(answer)

        errors = sorted(reply.errors[0] for reply in replies)
        assert errors == ["concurrency_limit", "timeout"]
        assert all(reply.asked[-1] == KIMI_OK for reply in replies)

    async def test_hurts_no_breaker_and_costs_nothing(self, site: Site):
        for _ in range(6):
            site.health.failed(site.health.begin(OK), ConcurrencyLimit())

        assert site.health.outage(OK) is None


class TestWhatIsSent:
    async def test_holds_no_assistant_message_of_white_space(self, site: Site):
        history = History(turns=(PastTurn(prompt="hello", reply=" \n"),))

        reply = await site.climb("openai/sim-context", history=history)

        assert "assistant" not in reply.text

    @pytest.mark.parametrize("searches", [True, False])
    async def test_offers_web_search_only_where_the_ladder_does(self, site: Site, searches: bool):
        decision = site.decide(OK, web_search=searches)

        assert decision.ladder.web_search is searches
