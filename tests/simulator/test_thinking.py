"""How the simulator thinks: shown, hidden or counted as its vendor does it."""

import time

import pytest

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]


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
