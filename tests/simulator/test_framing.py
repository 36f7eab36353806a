"""Every vendor's bytes are framed as that vendor frames them."""

import pytest

pytestmark = pytest.mark.anyio

FAST = "sim-ok-tokens8-pace0"


class TestOpenAI:
    async def test_ends_data_lines_with_lf_and_the_stream_with_done(self, ask):
        heard = await ask("openai", FAST)

        lines = heard.body.split(b"\n\n")
        assert b"\r" not in heard.body
        assert all(line.startswith(b"data: ") for line in lines[:-1])
        assert lines[-2:] == [b"data: [DONE]", b""]
        assert heard.headers["content-type"] == "text/event-stream"

    async def test_begins_with_the_role_and_pads_every_chunk(self, ask):
        heard = await ask("openai", FAST)

        assert heard.events[0]["choices"][0]["delta"]["role"] == "assistant"
        assert all(event["obfuscation"] for event in heard.events)

    async def test_tells_usage_in_one_last_chunk_without_choices(self, ask):
        heard = await ask("openai", FAST, "one two three", stream_options={"include_usage": True})

        *others, last = heard.events
        assert all(event["usage"] is None for event in others)
        assert last["choices"] == []
        assert (last["usage"]["prompt_tokens"], last["usage"]["completion_tokens"]) == (3, 8)

    async def test_tells_no_usage_unless_asked(self, ask):
        heard = await ask("openai", FAST)

        assert not any("usage" in event for event in heard.events)

    async def test_sends_its_request_id_and_limits(self, ask):
        heard = await ask("openai", FAST)

        assert heard.headers["x-request-id"].startswith("req_")
        assert heard.headers["x-ratelimit-reset-requests"] == "12ms"


class TestKimi:
    async def test_ends_data_lines_with_lf_and_the_stream_with_done(self, ask):
        heard = await ask("kimi", FAST)

        assert b"\r" not in heard.body
        assert b"event:" not in heard.body
        assert heard.body.endswith(b"\n\ndata: [DONE]\n\n")

    async def test_puts_usage_into_the_finishing_choice(self, ask):
        heard = await ask("kimi", FAST, "one two three")

        choice = heard.events[-1]["choices"][0]
        assert choice["finish_reason"] == "stop"
        assert choice["usage"] == {"prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11}
        assert "usage" not in heard.events[-1]

    async def test_repeats_usage_at_the_top_when_asked_for_it(self, ask):
        heard = await ask("kimi", FAST, stream_options={"include_usage": True})

        finishing, last = heard.events[-2:]
        assert last["choices"] == []
        assert last["usage"] == finishing["choices"][0]["usage"]

    async def test_does_not_repeat_it_on_an_older_model(self, ask):
        heard = await ask("kimi", "kimi-k2.5", stream_options={"include_usage": True})

        assert heard.events[-1]["choices"][0]["finish_reason"] == "stop"

    async def test_names_the_cached_part_in_both_places_and_only_when_there_is_one(self, ask):
        cached = await ask("kimi", f"{FAST}-cached", "one two three four")
        plain = await ask("kimi", FAST, "one two three four")

        usage = cached.events[-1]["choices"][0]["usage"]
        assert usage["cached_tokens"] == usage["prompt_tokens_details"]["cached_tokens"] == 2
        assert "cached_tokens" not in plain.events[-1]["choices"][0]["usage"]


class TestGemini:
    async def test_ends_every_event_with_crlf_and_says_no_done(self, ask):
        heard = await ask("gemini", FAST)

        assert heard.body.count(b"\n") == heard.body.count(b"\r\n") == 2 * len(heard.events)
        assert b"[DONE]" not in heard.body
        assert b"event:" not in heard.body

    async def test_counts_up_in_every_chunk(self, ask):
        heard = await ask("gemini", FAST, "one two three")

        told = [event["usageMetadata"]["candidatesTokenCount"] for event in heard.events]
        assert told == [2, 4, 6, 8, 8]
        assert heard.events[-1]["usageMetadata"]["totalTokenCount"] == 11

    async def test_puts_the_finish_reason_into_the_last_chunk(self, ask):
        heard = await ask("gemini", FAST)

        reasons = [event["candidates"][0].get("finishReason") for event in heard.events]
        assert reasons == [None] * 4 + ["STOP"]

    async def test_leaves_out_counts_of_nothing(self, ask):
        heard = await ask("gemini", "sim-empty")

        assert "candidatesTokenCount" not in heard.events[-1]["usageMetadata"]

    async def test_streams_one_json_array_without_alt_sse(self, ask, client):
        heard = await client.post(
            f"/gemini/v1beta/models/{FAST}:streamGenerateContent",
            json={"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
            headers={"x-goog-api-key": "test-key"},
        )

        assert heard.headers["content-type"] == "application/json; charset=UTF-8"
        assert [chunk["modelVersion"] for chunk in heard.json()] == [FAST] * 5


class TestPerplexity:
    async def test_names_every_event_twice_and_says_no_done(self, ask):
        heard = await ask("perplexity", FAST)

        blocks = heard.body.removesuffix(b"\n\n").split(b"\n\n")
        named = [block.split(b"\n")[0].removeprefix(b"event: ").decode() for block in blocks]
        assert named == [event["type"] for event in heard.events]
        assert b"[DONE]" not in heard.body
        assert b"\r" not in heard.body

    async def test_numbers_its_events(self, ask):
        heard = await ask("perplexity", FAST)

        numbers = [event["sequence_number"] for event in heard.events]
        assert numbers == list(range(len(numbers)))

    async def test_repeats_the_whole_text_when_it_is_done(self, ask, simulator):
        heard = await ask("perplexity", FAST)

        texts = {event["type"]: event.get("text") for event in heard.events}
        deltas = "".join(event.get("delta", "") for event in heard.events)
        assert texts["response.output_text.done"] == deltas == simulator.log[0].served.text

    async def test_tells_usage_and_cost_only_in_the_completed_response(self, ask):
        heard = await ask("perplexity", FAST, "one two three")

        usage = heard.events[-1]["response"]["usage"]
        assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (3, 8, 11)
        assert heard.events[0]["response"]["usage"] is None

    async def test_charges_exactly_the_sum_of_the_parts(self, ask):
        heard = await ask("perplexity", f"{FAST}-cached", "one two three four")

        cost = heard.events[-1]["response"]["usage"]["cost"]
        parts = ("input_cost", "output_cost", "cache_read_cost", "tool_calls_cost")
        assert cost["total_cost"] == pytest.approx(sum(cost[part] for part in parts), abs=1e-15)
        assert cost["total_cost"] == 0.002520625

    async def test_lists_what_it_found(self, ask):
        heard = await ask("perplexity", FAST)

        search = heard.events[-1]["response"]["output"][0]
        assert search["type"] == "search_results"
        assert [result["id"] for result in search["results"]] == [1, 2]

    async def test_names_the_model_behind_a_preset_only_at_the_end(self, ask):
        heard = await ask("perplexity", "", preset="fast")

        first, last = heard.events[0]["response"], heard.events[-1]["response"]
        assert (first["model"], last["model"]) == ("fast", "openai/gpt-6-luna")

    async def test_answers_on_the_agent_path_too(self, client):
        heard = await client.post(
            "/perplexity/v1/agent",
            json={"model": FAST, "input": "hello"},
            headers={"authorization": "Bearer test-key"},
        )

        assert heard.json()["status"] == "completed"

    async def test_says_that_the_old_path_is_retired(self, client):
        heard = await client.post(
            "/perplexity/v1/chat/completions",
            json={"model": "sonar", "messages": []},
            headers={"authorization": "Bearer test-key"},
        )

        assert heard.status_code == 403
        assert heard.json()["error"]["type"] == "chat_completions_not_available"


class TestSplitting:
    @pytest.mark.parametrize("vendor", ["openai", "gemini", "perplexity", "kimi"])
    async def test_cuts_characters_in_two_and_loses_nothing(self, ask, vendor, simulator):
        said = "naïve café 你好 🙂"

        await ask(vendor, "sim-echo-pace0-split1", said)

        assert simulator.log[0].served.text == said
        assert simulator.log[0].served.finish == "stop"
