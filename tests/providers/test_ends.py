"""How an answer ends: whole, truncated and why, or not an answer at all."""

import pytest

from tests.providers.streams import THINKS, came, event, over, played, said, told, typed, words
from tests.providers.vendor import CUT, END, HANG, RESET, Step, chunk, head

pytestmark = pytest.mark.anyio


class TestAFinishReasonNobodyKnows:
    @pytest.mark.parametrize(
        "raw", ["model_length", "abort", "network_error", "insufficient_system_resource", "xyz"]
    )
    async def test_is_a_truncated_end_after_words(self, raw):
        end = (await came("chat_completions", words("half"), words("", raw))).finished
        assert (end.finish_reason, end.truncated_reason) == ("error", "unknown_finish")
        assert end.raw_finish_reason == raw

    @pytest.mark.parametrize("raw", ["OTHER", "MALFORMED_FUNCTION_CALL", "NEW_ONE"])
    async def test_is_one_at_gemini_too(self, raw):
        end = (await came("gemini", told("half"), told("", raw))).finished
        assert (end.truncated_reason, end.raw_finish_reason) == ("unknown_finish", raw)

    @pytest.mark.parametrize(
        ("status", "reason", "raw"),
        [("paused", None, "paused"), ("incomplete", "x", "incomplete:x")],
    )
    async def test_is_one_of_a_response_too(self, status, reason, raw):
        spoken = typed("response.output_text.delta", delta="half")
        last = typed(
            "response.completed",
            response={"status": status, "incomplete_details": reason and {"reason": reason}},
        )
        end = (await came("responses", spoken, last)).finished
        assert (end.truncated_reason, end.raw_finish_reason) == ("unknown_finish", raw)

    @pytest.mark.parametrize(
        ("raw", "means"),
        [
            ("xyz", "empty_answer"),
            ("model_length", "empty_answer"),
            ("abort", "server_error"),
            ("network_error", "server_error"),
            ("insufficient_system_resource", "server_error"),
            ("error", "server_error"),
        ],
    )
    async def test_is_no_answer_without_words(self, raw, means):
        outcome = await came("chat_completions", words("", raw))
        assert outcome.error.code == means
        assert outcome.error.raw_finish_reason == raw


class TestAFilter:
    @pytest.mark.parametrize("raw", ["content_filter", "sensitive"])
    async def test_that_ends_an_answer_leaves_it_truncated(self, raw):
        end = (await came("chat_completions", words("First,"), words("", raw))).finished
        assert (end.finish_reason, end.truncated_reason) == ("content_filter", "content_filter")

    @pytest.mark.parametrize("raw", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT"])
    async def test_does_so_at_gemini(self, raw):
        end = (await came("gemini", told("First,"), told("", raw))).finished
        assert (end.finish_reason, end.truncated_reason) == ("content_filter", "content_filter")

    @pytest.mark.parametrize("raw", ["content_filter", "sensitive"])
    async def test_that_lets_nothing_through_is_an_error(self, raw):
        assert (await came("chat_completions", words("", raw))).error.code == "content_filter"


class TestAnAnswerWithoutWords:
    @pytest.mark.parametrize("blank", ["", " \n\t"])
    @pytest.mark.parametrize("finish", ["stop", "tool_calls"])
    async def test_is_empty(self, blank, finish):
        outcome = await came("chat_completions", words(blank, finish))
        assert outcome.error.code == "empty_answer"

    @pytest.mark.parametrize("blank", ["", " \n"])
    async def test_is_empty_on_every_wire(self, blank):
        spoken = typed("response.output_text.delta", delta=blank)
        assert (await came("responses", spoken, over("completed"))).error.code == "empty_answer"
        assert (await came("gemini", told(blank, "STOP"))).error.code == "empty_answer"

    @pytest.mark.parametrize(
        ("wire", "last"),
        [
            ("chat_completions", words("", "length")),
            ("responses", over("incomplete", "max_output_tokens")),
            ("gemini", told("", "MAX_TOKENS")),
        ],
    )
    async def test_spent_its_cap_on_thought(self, wire, last):
        assert (await came(wire, last)).error.code == "only_thought"

    @pytest.mark.parametrize(
        ("wire", "last"),
        [
            ("chat_completions", words("", "stop")),
            ("responses", over("completed")),
            ("gemini", told("", "STOP")),
        ],
    )
    async def test_has_only_thought_where_thoughts_came(self, wire, last):
        outcome = await came(wire, THINKS[wire], last)
        assert outcome.error.code == "only_thought"
        assert outcome.reasoning == "hm"

    async def test_has_only_thought_where_the_usage_says_so(self):
        usage = {
            "prompt_tokens": 9,
            "completion_tokens": 30,
            "completion_tokens_details": {"reasoning_tokens": 30},
        }
        outcome = await came("chat_completions", said({}, "stop", usage=usage))
        assert outcome.error.code == "only_thought"
        assert outcome.error.usage.output_tokens == 30

    async def test_may_call_a_tool(self):
        call_ = {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]}
        for finish in ("tool_calls", "stop"):
            end = (await came("chat_completions", said(call_), words("", finish))).finished
            assert end.finish_reason == "tool_calls"


class TestWhatFollowsAFinishReason:
    """Nothing that may come, or not come, after it undoes the answer."""

    WHOLE = (
        ("chat_completions", words("fine") + words("", "stop")),
        ("gemini", told("fine", "STOP", usageMetadata={"promptTokenCount": 3})),
        ("responses", typed("response.output_text.delta", delta="fine") + over("completed")),
    )

    @pytest.mark.parametrize("break_", [CUT, RESET, HANG])
    @pytest.mark.parametrize(("wire", "body"), WHOLE, ids=[wire for wire, _ in WHOLE])
    async def test_may_be_a_break_or_a_silence(self, wire, body, break_):
        end = (await played(wire, [head(), chunk(body), break_])).finished
        assert (end.finish_reason, end.truncated_reason) == ("stop", None)

    async def test_may_be_half_a_chunk_of_usage(self):
        half = b'data: {"choices":[],"usage":{"prompt_to'
        end = (await came("chat_completions", words("fine"), words("", "stop"), half)).finished
        assert (end.truncated_reason, end.unreadable_events) == (None, 1)

    async def test_may_be_the_usage_after_a_moment(self):
        usage = event({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 1}})
        body = chunk(words("fine") + words("", "stop"))
        end = (await played("chat_completions", [head(), body, 0.3, chunk(usage), HANG])).finished
        assert end.usage.input_tokens == 4

    async def test_may_be_more_words_of_gemini_after_longer_silences(self):
        more: list[Step] = [chunk(told("more")), 2.0, chunk(told(" and more", "STOP")), END]
        outcome = await played("gemini", [head(), chunk(told("some ", "STOP")), *more])
        assert (outcome.text, outcome.finished.finish_reason) == ("some more and more", "stop")

    async def test_is_no_break_of_the_words_that_followed_it(self):
        script = [head(), chunk(told("some", "STOP")), chunk(told("more")), CUT]
        assert (await played("gemini", script)).error.code == "cut"
