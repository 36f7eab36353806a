"""What single events of an answer hold: words, thoughts, tokens, an error, or nothing that can be read."""

import pytest

from tests.providers.streams import came, event, over, said, told, typed, words

pytestmark = pytest.mark.anyio


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
