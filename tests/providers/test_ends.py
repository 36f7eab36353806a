"""How an answer ends: whole, truncated and why, or not an answer at all."""

import json
from collections.abc import Mapping, Sequence

import pytest

from tests.providers.outcomes import Outcome, call
from tests.providers.vendor import CUT, END, HANG, RESET, Step, chunk, head, reply, vendor

pytestmark = pytest.mark.anyio


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def said(delta: Mapping[str, object], finish: str | None = None, **beside: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **beside})


def words(text: str, finish: str | None = None) -> bytes:
    return said({"content": text}, finish)


def told(text: str, finish: str | None = None, **beside: object) -> bytes:
    """Gemini's."""
    part = {"content": {"parts": [{"text": text}] if text else []}}
    return event({"candidates": [part | ({"finishReason": finish} if finish else {})], **beside})


def typed(kind: str, **fields: object) -> bytes:
    """One event of Responses."""
    return event({"type": kind, **fields})


def over(status: str, reason: str | None = None, **fields: object) -> bytes:
    details = {"incomplete_details": {"reason": reason}} if reason else {}
    return typed(
        f"response.{status}", response={"status": status, **details, "output": [], **fields}
    )


THINKS = {
    "chat_completions": said({"reasoning_content": "hm"}),
    "responses": typed("response.reasoning_text.delta", delta="hm"),
    "gemini": event(
        {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}}]},
    ),
}


async def played(wire: str, script: Sequence[Step]) -> Outcome:
    async with vendor(script) as one:
        return await call(wire, one.base_url)


async def came(wire: str, *events: bytes) -> Outcome:
    return await played(wire, reply(b"".join(events)))


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


class TestTheLastEvent:
    async def test_of_gemini_cut_in_two_leaves_the_answer_truncated(self):
        half = told(" more", "STOP")[:40]
        end = (await came("gemini", told("some", "STOP"), half)).finished
        assert (end.truncated_reason, end.unreadable_events) == ("unreadable_event", 1)

    @pytest.mark.parametrize("tail", [b"", b"\n"], ids=["no line end", "no blank line"])
    async def test_may_lack_its_blank_line(self, tail):
        last = words("", "stop").rstrip() + tail
        assert (
            await came("chat_completions", words("fine"), last)
        ).finished.truncated_reason is None

    @pytest.mark.parametrize("tail", [b": bye", b"id: 5", b"data: [DONE]"])
    async def test_may_be_no_part_of_the_answer(self, tail):
        end = (await came("chat_completions", words("fine"), words("", "stop"), tail)).finished
        assert end.truncated_reason is None


class TestAnUnreadableEvent:
    @pytest.mark.parametrize(
        "data",
        [
            b'{"choices":[{"index":0,"delta":{},"finish_rea',
            b'{"choices":[{"delta":{"role":"assistant","content":""},"fin',
            b'{"id":"x","choices":[],"usage":{"prom',
            b"ping",
            b": OPENROUTER PROCESSING",
        ],
    )
    async def test_that_held_no_words_does_no_harm(self, data):
        broken = b"data: " + data + b"\n\n"
        end = (await came("chat_completions", words("a"), broken, words("b", "stop"))).finished
        assert (end.truncated_reason, end.unreadable_events) == (None, 1)

    async def test_after_the_finish_reason_does_no_harm(self):
        broken = b'data: {"id":"chatcmpl-broken","object":"chat.completion.ch\n\n'
        end = (await came("chat_completions", words("a", "stop"), broken)).finished
        assert (end.truncated_reason, end.unreadable_events) == (None, 1)

    @pytest.mark.parametrize(
        "data",
        [
            b'{"choices":[{"index":0,"delta":{"content":"tw',
            b'{"id":"chatcmpl-broken","object":"chat.completion.ch',
            b'{"choices":[{"delta":{"content": "x"}}]}data:{"choices":[{"delta":{}}]}',
        ],
    )
    async def test_that_may_have_held_words_leaves_the_answer_truncated(self, data):
        broken = b"data: " + data + b"\n\n"
        end = (await came("chat_completions", words("a"), broken, words("b", "stop"))).finished
        assert end.truncated_reason == "unreadable_event"

    async def test_that_is_blank_is_none(self):
        blank = b"data:   \n\n"
        end = (await came("chat_completions", words("a"), blank, words("b", "stop"))).finished
        assert end.unreadable_events == 0


class TestContentInParts:
    async def test_is_thought_and_text(self):
        parts = [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "yes"},
            {"type": "reference", "reference_ids": [1]},
        ]
        outcome = await came("chat_completions", said({"content": parts}), words("!", "stop"))
        assert (outcome.reasoning, outcome.text) == ("hm", "yes!")


class TestTokensBesideTheOthers:
    @pytest.mark.parametrize(("total", "output"), [(35, 25), (15, 5)])
    async def test_are_added_where_the_total_says_so(self, total, output):
        usage = {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": total,
            "completion_tokens_details": {"reasoning_tokens": 20},
        }
        end = (await came("chat_completions", words("a"), said({}, "stop", usage=usage))).finished
        assert (end.usage.output_tokens, end.usage.reasoning_tokens) == (output, 20)

    async def test_may_be_a_bill_that_is_a_number(self):
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.00014}
        end = (await came("chat_completions", words("a"), said({}, "stop", usage=usage))).finished
        assert str(end.cost.total_usd) == "0.00014"


class TestSearches:
    async def test_of_openai_are_counted_by_its_items(self):
        output = [
            {"type": "web_search_call", "action": {"type": "search"}},
            {"type": "web_search_call", "action": {"type": "open_page"}},
            {"type": "web_search_call"},
            {"type": "message", "content": [{"type": "output_text", "text": "yes"}]},
        ]
        usage = {"input_tokens": 4, "output_tokens": 1}
        last = over("completed", output=output, usage=usage)
        assert (await came("responses", last)).finished.usage.search_queries == 2


class TestNumberedEvents:
    DELTA = "response.output_text.delta"

    async def test_may_all_be_numbered_alike(self):
        spoken = [typed(self.DELTA, delta=w, sequence_number=0) for w in ("ha", "ha", "!")]
        opening = typed("response.created", sequence_number=0)
        outcome = await came("responses", opening, *spoken, over("completed"))
        assert outcome.text == "haha!"

    async def test_are_dropped_when_they_come_again(self):
        spoken = [typed(self.DELTA, delta=w, sequence_number=n) for n, w in enumerate("abc")]
        outcome = await came("responses", *spoken, *spoken[1:], over("completed"))
        assert outcome.text == "abc"


class TestACancelledGeminiCall:
    @pytest.mark.parametrize("wrap", [lambda e: e, lambda e: [e]], ids=["object", "list"])
    async def test_is_retried_though_it_came_inside_a_200(self, wrap):
        error = {"error": {"code": 499, "message": "cancelled", "status": "CANCELLED"}}
        outcome = await came("gemini", event(wrap(error)))
        assert outcome.error.code == "server_error"
