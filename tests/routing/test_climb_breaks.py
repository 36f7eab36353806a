"""What a climb does when an answer breaks off after its first words."""

import pytest

from tests.routing.climbing import KIMI_OK, OK, Site

pytestmark = pytest.mark.anyio


class TestAfterTheFirstToken:
    @pytest.mark.parametrize(
        ("model", "error"),
        [
            ("openai/sim-cut-after3", "cut"),
            ("openai/sim-reset-after3", "cut"),
            ("openai/sim-error-after3", "server_error"),
            ("gemini/sim-cut-after3", "cut"),
            ("perplexity/sim-cut-after3", "cut"),
        ],
    )
    async def test_restarts_visibly_with_the_whole_new_answer(
        self, site: Site, model: str, error: str
    ):
        reply = await site.climb(model, KIMI_OK)

        assert reply.resets == [error]
        assert reply.text == site.simulator.log[-1].served.text
        assert reply.statuses == ["cut", "ok"]
        assert [attempt.leg for attempt in reply.route.attempts] == [0, 1]

    async def test_records_and_costs_both_legs(self, site: Site):
        reply = await site.climb("openai/sim-cut-after3", OK)

        cut, answered = reply.route.attempts
        assert (cut.usage_source, cut.cost_source) == ("estimated", "estimated")
        assert cut.cost_usd is not None
        assert cut.cost_usd > 0
        assert (answered.usage_source, answered.cost_source) == ("reported", "computed")

    async def test_takes_a_count_from_the_middle_of_a_stream_for_an_estimate(self, site: Site):
        reply = await site.climb("gemini/sim-cut-after3-pace0", OK)

        cut = reply.route.attempts[0]
        assert cut.usage.input_tokens == site.simulator.log[0].prompt_tokens
        assert cut.usage_source == "estimated"

    async def test_keeps_the_part_when_the_policy_says_so(self, site: Site):
        reply = await site.climb("openai/sim-cut-after3", KIMI_OK, on_break="interrupt")

        assert reply.failed == "interrupted"
        assert reply.text == site.simulator.log[0].served.text
        assert len(site.calls()) == 1

    async def test_keeps_the_part_when_nobody_else_answers(self, site: Site):
        reply = await site.climb("openai/sim-cut-after3", "kimi/sim-401")

        assert reply.failed == "interrupted"
        assert reply.resets == []
        assert reply.text == site.simulator.log[0].served.text

    async def test_never_asks_a_provider_again_that_fell_silent(self, site: Site):
        reply = await site.climb(site.deployment("openai/sim-stall-after3", idle_timeout_s=0.3))

        assert reply.failed == "interrupted"
        assert reply.errors == ["timeout"]

    async def test_tells_a_token_limit_from_a_cut(self, site: Site):
        reply = await site.climb("openai/sim-truncated", KIMI_OK)

        assert reply.statuses == ["ok"]
        assert reply.route.attempts[0].truncated_reason == "token_limit"

    async def test_marks_a_reply_with_an_event_that_could_not_be_read(self, site: Site):
        reply = await site.climb("openai/sim-badevent", KIMI_OK)

        assert reply.statuses == ["ok"]
        assert reply.route.attempts[0].truncated_reason == "unreadable_event"
