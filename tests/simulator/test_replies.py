"""What the simulator says, and how many tokens it says that was."""

import json
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
        question = ("user", "What is the capital of the country that I live in?")
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
