"""The table of faults, held against a real server that plays the vendors: what a climb does.

No database: a decision is made by hand, and the calls really go over HTTP.
"""

import socket
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from tests.routing.climbing import FAST, KIMI_OK, NOW, OK, Site, price

pytestmark = pytest.mark.anyio


class TestBeforeTheFirstToken:
    """The next rung answers, and the user sees nothing of the trouble."""

    @pytest.mark.parametrize(
        ("model", "error", "calls"),
        [
            ("openai/sim-401", "auth", 1),
            ("openai/sim-403", "permission", 1),
            ("openai/sim-404", "model_not_found", 1),
            ("openai/sim-429-quota", "quota_exhausted", 1),
            ("openai/sim-429-header30", "rate_limit", 1),
            ("openai/sim-429-none", "rate_limit", 2),
            ("openai/sim-500", "server_error", 2),
            ("openai/sim-503", "overloaded", 2),
            ("openai/sim-refused", "network", 2),
            ("elsewhere/sim-ok", "network", 2),
            ("openai/sim-slowheaders", "timeout", 1),
            ("openai/sim-slowtoken", "timeout", 1),
            ("openai/sim-stall-after0", "timeout", 1),
            ("openai/sim-empty", "empty_answer", 1),
            ("openai/sim-error", "server_error", 2),
            ("gemini/sim-401", "auth", 1),
            ("gemini/sim-429-retryinfo30", "rate_limit", 1),
            ("gemini/sim-503", "overloaded", 2),
            ("perplexity/sim-401", "auth", 1),
            ("perplexity/sim-503", "overloaded", 2),
            ("kimi/sim-429-overloaded", "overloaded", 2),
            ("kimi/sim-429-quota", "quota_exhausted", 1),
        ],
    )
    async def test_falls_back_silently(self, site: Site, model: str, error: str, calls: int):
        answering = KIMI_OK if model.startswith("openai") else OK

        reply = await site.climb(model, answering)

        assert reply.failed == ""
        assert reply.resets == []
        assert reply.text
        assert reply.asked == [model] * calls + [answering]
        assert reply.errors == [error] * calls + [""]
        assert reply.statuses == ["failed"] * calls + ["ok"]

    async def test_makes_every_further_attempt_durable_before_its_call(self, site: Site):
        reply = await site.climb("openai/sim-500", KIMI_OK)

        assert reply.made_durable == [2, 3]

    async def test_answers_from_the_same_rung_when_its_second_call_works(self, site: Site):
        reply = await site.climb(f"openai/sim-flaky-1-503-{FAST}", KIMI_OK)

        assert reply.asked == [f"openai/sim-flaky-1-503-{FAST}"] * 2
        assert not reply.route.fallback_used

    async def test_waits_as_long_as_the_vendor_wants_within_its_patience(self, site: Site):
        reply = await site.climb(f"openai/sim-flaky-1-429-ms200-{FAST}", KIMI_OK)

        assert reply.statuses == ["failed", "ok"]
        assert reply.asked[-1].startswith("openai/")

    async def test_leaves_a_deployment_alone_for_as_long_as_it_wished(self, site: Site):
        await site.climb("openai/sim-429-header30", KIMI_OK)

        second = await site.climb("openai/sim-429-header30", KIMI_OK)

        assert second.asked == [KIMI_OK]
        assert "cooling for another" in second.route.rungs[0].passed_over
        assert second.route.rungs[0].unavailable

    async def test_cools_the_key_that_was_refused_for_all_of_its_models(self, site: Site):
        await site.climb("openai/sim-401", KIMI_OK)

        second = await site.climb(OK, KIMI_OK)

        assert second.asked == [KIMI_OK]

    async def test_costs_nothing_where_nothing_was_accepted(self, site: Site):
        reply = await site.climb("openai/sim-500", KIMI_OK)

        assert reply.route.attempts[0].cost_usd == 0
        assert reply.route.attempts[0].usage.input_tokens is None

    async def test_costs_nothing_where_nobody_took_the_connection(self, site: Site):
        with ExitStack() as open_sockets:
            full = open_sockets.enter_context(socket.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):  # fills the backlog: the next one waits for an accept for ever
                waiting = open_sockets.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            hung = site.deployment(
                "elsewhere/hung", base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1"
            )
            reply = await site.climb(hung, KIMI_OK)

        first = reply.route.attempts[0]
        assert (first.error, first.usage_source) == ("timeout", "none")
        assert first.cost_usd == 0

    async def test_costs_what_the_vendor_billed_also_for_an_empty_answer(self, site: Site):
        reply = await site.climb("perplexity/sim-empty", KIMI_OK)

        empty = reply.route.attempts[0]
        billed = site.simulator.log[0].served.cost_usd
        assert (empty.status, empty.cost_source) == ("failed", "provider")
        assert empty.cost_usd == Decimal(str(billed))

    async def test_costs_what_was_in_force_when_the_call_was_made(self, site: Site):
        decision = site.decide(OK)
        later = msgspec.structs.replace(
            price(), id=4, effective_from=NOW + timedelta(seconds=1), input_usd=Decimal(5)
        )
        prices = {("openai", f"sim-ok-{FAST}"): (later, price())}
        decision = msgspec.structs.replace(
            decision, snapshot=msgspec.structs.replace(decision.snapshot, prices=prices)
        )

        reply = await site.answer(decision, stopwatch=lambda: 1_000)

        assert reply.route.attempts[0].price == 4

    async def test_counts_the_prompt_of_a_provider_that_took_it_and_fell_silent(self, site: Site):
        reply = await site.climb("openai/sim-slowtoken", KIMI_OK)

        assert reply.route.attempts[0].usage_source == "estimated"
        assert reply.route.attempts[0].usage.input_tokens == reply.route.context_tokens


class TestStops:
    """Another provider would do no better, or may not be asked."""

    async def test_at_a_content_filter(self, site: Site):
        reply = await site.climb("openai/sim-filtered-prompt", KIMI_OK)

        assert reply.failed == "content_filter"
        assert len(site.calls()) == 1

    async def test_not_at_a_content_filter_when_the_policy_goes_round_it(self, site: Site):
        reply = await site.climb("openai/sim-filtered-prompt", KIMI_OK, reroute_filtered=True)

        assert reply.failed == ""
        assert reply.asked[-1] == KIMI_OK

    async def test_at_a_message_that_two_vendors_refuse(self, site: Site):
        reply = await site.climb("openai/sim-nosuchthing", "kimi/sim-nosuchthing", "gemini/sim-ok")

        assert reply.failed == "invalid_request"
        assert reply.asked == ["openai/sim-nosuchthing", "kimi/sim-nosuchthing"]
        assert reply.route.gave_up == "final"

    async def test_not_at_one_that_a_vendor_alone_refuses(self, site: Site):
        reply = await site.climb(
            "openai/sim-nosuchthing", "openai/sim-nosuchthing-either", "gemini/sim-503", KIMI_OK
        )

        assert reply.failed == ""
        assert reply.asked[-1] == KIMI_OK

    async def test_with_invalid_request_when_nobody_else_is_there(self, site: Site):
        reply = await site.climb("openai/sim-nosuchthing")

        assert reply.failed == "invalid_request"

    async def test_when_every_rung_has_failed(self, site: Site):
        reply = await site.climb("openai/sim-401", "kimi/sim-401", "gemini/sim-401")

        assert reply.failed == "providers_unavailable"
        assert reply.statuses == ["failed"] * 3


class TestAContextThatIsTooLong:
    async def test_goes_to_a_larger_window(self, site: Site):
        larger = site.deployment(KIMI_OK, context_window=100_000)

        reply = await site.climb("openai/sim-toolong", OK, larger)

        assert reply.asked == ["openai/sim-toolong", KIMI_OK]

    async def test_fails_clearly_when_no_window_is_larger(self, site: Site):
        reply = await site.climb("openai/sim-toolong", OK)

        assert reply.failed == "context_length"

    async def test_passes_over_a_rung_whose_window_the_message_does_not_fit(self, site: Site):
        small = site.deployment(OK, context_window=1_000)

        reply = await site.climb(small, KIMI_OK, prompt="word " * 2_000)

        assert reply.asked == [KIMI_OK]
        assert reply.route.rungs[0].passed_over == "the message is too long for its window"


class TestSources:
    async def test_that_were_found_before_the_first_words_are_kept(self, site: Site):
        reply = await site.climb(f"perplexity/sim-ok-{FAST}")

        assert reply.sources > 0


class TestTheBreaker:
    async def test_passes_over_a_sick_deployment(self, site: Site):
        for _ in range(3):
            await site.climb("openai/sim-500", KIMI_OK)

        reply = await site.climb("openai/sim-500", KIMI_OK)

        assert reply.asked == [KIMI_OK]
        assert "breaker is open" in reply.route.rungs[0].passed_over

    async def test_still_asks_the_last_usable_rung_when_all_are_out(self, site: Site):
        for _ in range(3):
            await site.climb(f"openai/sim-flaky-5-500-{FAST}")

        reply = await site.climb(f"openai/sim-flaky-5-500-{FAST}")

        assert reply.failed == ""
        assert reply.text


class TestARequestWithoutAnyone:
    async def test_fails_without_a_call(self, site: Site):
        nobody = site.deployment(OK, disabled="no key")

        reply = await site.climb(nobody)

        assert reply.failed == "providers_unavailable"
        assert reply.route.rungs[0].passed_over == "no key"
        assert not reply.route.rungs[0].unavailable
        assert site.calls() == []
