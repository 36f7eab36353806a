"""What the simulator says, and how many tokens it says that was."""

import json
import time
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]
CONVERSATION = [("user", "one two"), ("assistant", "three"), ("user", "four five six")]


class TestANormalReply:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_names_the_vendor_and_the_prompt(self, ask, simulator, vendor):
        await ask(vendor, "gpt-6-luna", "purple elephants dance")

        text = simulator.log[0].served.text
        assert vendor in text.lower()
        assert "purple elephants dance" in text

    async def test_is_the_same_every_time(self, ask, simulator):
        await ask("openai", "sim-ok-pace0")
        await ask("openai", "sim-ok-pace0")

        first, second = (entry.served.text for entry in simulator.log)
        assert first == second

    @pytest.mark.parametrize("tokens", [1, 40, 500])
    async def test_is_as_long_as_its_name_says(self, ask, simulator, tokens):
        await ask("kimi", f"sim-ok-tokens{tokens}-pace0")

        served = simulator.log[0].served
        assert served.usage.output_tokens == tokens == len(served.text.split())
        assert served.deltas == (tokens + 1) // 2

    async def test_comes_in_twenty_pieces_over_a_third_of_a_second(self, ask, simulator):
        await ask("openai", "gpt-6-luna")

        entry = simulator.log[0]
        assert entry.served.deltas == 20
        assert entry.done_at - entry.at > 20 * 0.015

    async def test_counts_the_words_of_all_messages(self, ask, simulator):
        await ask("openai", "sim-ok-pace0", CONVERSATION)

        assert simulator.log[0].prompt_tokens == 6

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_was_half_cached_when_the_name_says_so(self, ask, simulator, vendor):
        options = {"stream_options": {"include_usage": True}} if vendor == "openai" else {}

        await ask(vendor, "some-model-cached", "one two three four", **options)

        usage = simulator.log[0].served.usage
        assert (usage.input_tokens, usage.cached_tokens) == (4, 2)

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_stops_at_the_cap_that_the_request_sets(self, ask, simulator, vendor):
        caps: dict[str, dict[str, Any]] = {
            "openai": {"max_completion_tokens": 5},
            "kimi": {"max_tokens": 5},
            "perplexity": {"max_output_tokens": 5},
            "gemini": {"generationConfig": {"maxOutputTokens": 5}},
        }

        await ask(vendor, "sim-ok-pace0", **caps[vendor])

        served = simulator.log[0].served
        assert (len(served.text.split()), served.finish) == (5, "length")


class TestSpecialReplies:
    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("stream", [True, False])
    async def test_echo_repeats_the_last_user_message_exactly(self, ask, simulator, vendor, stream):
        said = "  <script>alert(1)</script>\n\n[x](javascript:alert(1)) \t| ```\n  end \n"

        await ask(vendor, "sim-echo-pace0", [("user", "first"), ("user", said)], stream=stream)

        assert simulator.log[0].served.text == said

    @pytest.mark.parametrize(
        ("vendor", "assistant"), [("openai", "assistant"), ("gemini", "model")]
    )
    async def test_context_lists_what_was_sent(self, ask, simulator, vendor, assistant):
        said = [("user", "one two"), (assistant, "three"), ("user", "four five six")]

        await ask(vendor, "sim-context-pace0", said)

        listed = json.loads(simulator.log[0].served.text)
        assert listed == [{"role": role, "content": text} for role, text in said]

    async def test_context_shows_the_system_prompt_where_a_vendor_keeps_it_apart(
        self, ask, simulator
    ):
        await ask("perplexity", "sim-context-pace0", "hi", instructions="Be brief.")
        await ask(
            "gemini",
            "sim-context-pace0",
            "hi",
            systemInstruction={"parts": [{"text": "Be brief."}]},
        )

        for entry in simulator.log:
            first = json.loads(entry.served.text)[0]
            assert first == {"role": "system", "content": "Be brief."}

    async def test_code_has_a_block_a_table_and_a_link(self, ask, simulator):
        await ask("openai", "sim-code-pace0")

        text = simulator.log[0].served.text
        assert "```python" in text
        assert "|---|---|" in text
        assert "](https://docs.python.org" in text

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_empty_stops_without_a_word(self, ask, simulator, vendor):
        await ask(vendor, "sim-empty")

        served = simulator.log[0].served
        assert (served.text, served.deltas, served.finish) == ("", 0, "stop")


class TestReasoning:
    async def test_is_shown_apart_by_kimi(self, ask):
        heard = await ask("kimi", "sim-reasoning-pace0")

        deltas = [event["choices"][0]["delta"] for event in heard.events]
        thinking = "".join(delta.get("reasoning_content", "") for delta in deltas)
        usage = heard.events[-1]["choices"][0]["usage"]
        assert usage["completion_tokens_details"]["reasoning_tokens"] == len(thinking.split()) > 0

    async def test_is_a_thought_part_of_gemini_and_outside_its_candidates(self, ask):
        heard = await ask("gemini", "sim-reasoning-tokens8-pace0")

        parts = [event["candidates"][0]["content"]["parts"][0] for event in heard.events]
        thinking = "".join(part["text"] for part in parts if part.get("thought"))
        usage = heard.events[-1]["usageMetadata"]
        assert usage["thoughtsTokenCount"] == len(thinking.split()) > 0
        assert usage["candidatesTokenCount"] == 8

    async def test_is_counted_and_hidden_by_openai(self, ask):
        heard = await ask(
            "openai", "sim-reasoning-tokens8-pace0", stream_options={"include_usage": True}
        )

        usage = heard.events[-1]["usage"]
        hidden = usage["completion_tokens_details"]["reasoning_tokens"]
        assert b"reasoning_content" not in heard.body
        assert usage["completion_tokens"] == 8 + hidden > 8


class TestAModelThatThinks:
    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("stream", [True, False])
    async def test_takes_its_time_and_then_answers(self, ask, simulator, vendor, stream):
        begun = time.monotonic()
        heard = await ask(vendor, "sim-thinks-wait200-pace0", stream=stream)

        assert time.monotonic() - begun >= 0.2
        assert (heard.status, simulator.log[0].served.finish) == (200, "stop")

    @pytest.mark.parametrize(
        ("vendor", "sign"),
        [
            ("kimi", b"reasoning_content"),
            ("gemini", b'"thought": true'),
            ("perplexity", b"response.reasoning.search_queries"),
        ],
    )
    async def test_shows_that_it_does_all_the_while(self, ask, vendor, sign):
        request = ask.request(vendor, "sim-thinks-wait200-pace0", "hi", True, "test-key", {})
        seen: list[float] = []

        response = await ask.client.send(request, stream=True)
        async for part in response.aiter_raw():
            seen += [time.monotonic()] * part.count(sign)

        assert len(seen) >= 7
        assert seen[-1] - seen[0] >= 0.15

    async def test_is_silent_meanwhile_at_openai(self, ask):
        heard = await ask("openai", "sim-thinks-wait10-pace0")

        assert all("reasoning_content" not in e["choices"][0]["delta"] for e in heard.events)

    async def test_tells_perplexitys_events_in_their_order(self, ask):
        heard = await ask("perplexity", "sim-thinks-wait10-pace0")

        kinds = [event["type"] for event in heard.events]
        stopped = kinds.index("response.reasoning.stopped")
        assert kinds.index("response.reasoning.started") < stopped
        assert "response.reasoning.search_queries" not in kinds[stopped:]
        assert stopped < kinds.index("response.output_text.delta")


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


class TestUsage:
    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("stream", [True, False])
    async def test_is_nowhere_when_the_name_says_so(self, ask, simulator, vendor, stream):
        heard = await ask(vendor, "sim-nousage-pace0", stream=stream)

        assert b"prompt_tokens" not in heard.body
        assert b"usageMetadata" not in heard.body
        assert b'"input_tokens"' not in heard.body
        assert simulator.log[0].served.usage is None

    async def test_comes_twice_when_the_name_says_so(self, ask):
        heard = await ask("openai", "sim-usagetwice-pace0", stream_options={"include_usage": True})

        assert [event["choices"] for event in heard.events[-2:]] == [[], []]
        assert heard.events[-1]["usage"] == heard.events[-2]["usage"]


class TestWhatItKnows:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_is_answered_rightly(self, ask, simulator, vendor):
        await ask(vendor, "gpt-6-luna", "What is 17 times 23? Give the number only.")

        assert simulator.log[0].served.text == "391"

    async def test_is_read_from_the_messages_that_it_was_sent(self, ask, simulator):
        said = [("user", "I live in Oslo, by the way."), ("assistant", "Nice.")]
        question = ("user", "Which city did I say that I live in?")
        await ask("openai", "gpt-6-luna", [*said, question])
        await ask("openai", "gpt-6-luna", [question])

        with_context, without = (entry.served.text for entry in simulator.log)
        assert "Oslo" in with_context
        assert without == "You have not said where you live."

    async def test_holds_code_that_a_later_message_speaks_of(self, ask, simulator):
        await ask("kimi", "sim-ok-pace0", "Write a Python function called add that returns the sum")
        code = simulator.log[0].served.text
        await ask("kimi", "sim-ok-pace0", [("assistant", code), ("user", "Explain that code.")])

        assert "return left + right" in code
        assert "`add`" in simulator.log[1].served.text
