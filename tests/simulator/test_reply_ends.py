"""How the simulator's replies end: filtered, truncated, blank, or with a reason that nobody knows."""

import pytest

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]


class TestABlankReply:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_is_nothing_but_white_space(self, ask, simulator, vendor):
        await ask(vendor, "sim-blank-pace0")

        served = simulator.log[0].served
        assert (served.text.strip(), served.text != "", served.finish) == ("", True, "stop")


class TestAnUnknownFinish:
    @pytest.mark.parametrize(
        ("vendor", "place"),
        [
            ("openai", lambda event: event["choices"][0]["finish_reason"]),
            ("kimi", lambda event: event["choices"][0]["finish_reason"]),
            ("gemini", lambda event: event["candidates"][0]["finishReason"].lower()),
            ("perplexity", lambda event: event["response"]["incomplete_details"]["reason"]),
        ],
    )
    async def test_stands_where_the_vendor_puts_it(self, ask, simulator, vendor, place):
        heard = await ask(vendor, "sim-finish-model_length-tokens6-pace0")

        served = simulator.log[0].served
        assert place(heard.events[-1]) == "model_length" == served.finish
        assert len(served.text.split()) == 6


class TestTruncated:
    @pytest.mark.parametrize(
        ("vendor", "place"),
        [
            ("openai", lambda events: events[-1]["choices"][0]["finish_reason"] == "length"),
            ("kimi", lambda events: events[-1]["choices"][0]["finish_reason"] == "length"),
            ("gemini", lambda events: events[-1]["candidates"][0]["finishReason"] == "MAX_TOKENS"),
            (
                "perplexity",
                lambda events: (
                    events[-1]["type"] == "response.incomplete"
                    and events[-1]["response"]["incomplete_details"]["reason"]
                    == "max_output_tokens"
                ),
            ),
        ],
    )
    async def test_sends_half_the_text_and_says_so(self, ask, simulator, vendor, place):
        heard = await ask(vendor, "sim-truncated-tokens20-pace0")

        served = simulator.log[0].served
        assert place(heard.events)
        assert (len(served.text.split()), served.finish) == (10, "length")

    async def test_may_spend_everything_on_thinking(self, ask):
        heard = await ask("kimi", "sim-truncated-thinking", stream=False)

        message = heard.json["choices"][0]["message"]
        usage = heard.json["usage"]
        assert message["content"] == ""
        assert usage["completion_tokens"] == usage["completion_tokens_details"]["reasoning_tokens"]


class TestFiltered:
    async def test_ends_a_chat_completion_with_content_filter(self, ask):
        for vendor in ("openai", "kimi"):
            heard = await ask(vendor, "sim-filtered-pace0")

            assert heard.events[-1]["choices"][0]["finish_reason"] == "content_filter"

    async def test_ends_a_gemini_stream_with_safety_and_no_content(self, ask, simulator):
        heard = await ask("gemini", "sim-filtered-after0")

        candidate = heard.events[-1]["candidates"][0]
        assert candidate["finishReason"] == "SAFETY"
        assert "parts" not in candidate["content"]

    async def test_leaves_a_response_incomplete(self, ask):
        heard = await ask("perplexity", "sim-filtered-pace0")

        response = heard.events[-1]["response"]
        assert response["incomplete_details"] == {"reason": "content_filter"}

    async def test_may_block_a_gemini_prompt_inside_a_200(self, ask):
        heard = await ask("gemini", "sim-filtered-prompt", stream=False)

        assert heard.status == 200
        assert list(heard.json) == ["promptFeedback"]

    @pytest.mark.parametrize(
        ("vendor", "word"), [("openai", "content_policy_violation"), ("kimi", "content_filter")]
    )
    async def test_may_refuse_a_chat_prompt_with_a_400(self, ask, vendor, word):
        heard = await ask(vendor, "sim-filtered-prompt")

        assert heard.status == 400
        assert word in heard.json["error"].values()
