"""A vendor that shows that it works is given more time for its first word than a silent one."""

import pytest

from routing.providers.errors import TimedOut
from routing.providers.messages import Deadlines, Finished, Opened, TextDelta, Working
from tests.providers.outcomes import Outcome, call
from tests.providers.streams import event, over, said, told, typed, words
from tests.providers.vendor import DRIP, END, HANG, Step, chunk, head, vendor

pytestmark = pytest.mark.anyio

LONGER = Deadlines(connect_s=0.3, first_token_s=0.2, thinking_s=0.8, idle_s=0.2)
SAYS_NOTHING = words("")
THINKS = said({"reasoning_content": "hm"})
WHOLE = [chunk(words("fine") + words("", "stop") + b"data: [DONE]\n\n"), END]


async def played(
    script: list[Step], deadlines: Deadlines = LONGER, wire: str = "chat_completions"
) -> Outcome:
    async with vendor([head(), *script]) as one:
        return await call(wire, one.base_url, deadlines=deadlines)


def phase_of(outcome: Outcome) -> str:
    assert isinstance(outcome.error, TimedOut), outcome
    return outcome.error.phase


class TestTheFirstTokensLimit:
    async def test_is_longer_once_an_event_came(self):
        outcome = await played([chunk(SAYS_NOTHING), 0.5, *WHOLE])
        assert outcome.text == "fine"

    async def test_ends_even_so(self):
        assert phase_of(await played([chunk(SAYS_NOTHING), HANG])) == "thinking"

    async def test_is_not_moved_by_comments(self):
        assert phase_of(await played([DRIP])) == "first_token"

    async def test_is_moved_once_by_events_that_say_nothing(self):
        empty: list[Step] = [chunk(SAYS_NOTHING), 0.1]
        assert phase_of(await played([*empty * 20, *WHOLE])) == "thinking"

    async def test_is_moved_by_every_thought(self):
        thoughts: list[Step] = [chunk(THINKS), 0.3]
        outcome = await played([*thoughts * 5, *WHOLE])
        assert (outcome.text, outcome.reasoning) == ("fine", "hm" * 5)

    async def test_is_never_made_shorter(self):
        short = Deadlines(first_token_s=0.8, thinking_s=0.1, idle_s=0.2)
        assert (await played([chunk(SAYS_NOTHING), 0.4, *WHOLE], short)).text == "fine"

    async def test_is_over_with_the_first_word(self):
        outcome = await played([chunk(THINKS), 0.4, chunk(words("a")), HANG])
        assert phase_of(outcome) == "idle"

    async def test_is_not_over_with_the_sources(self):
        found = typed("response.reasoning.search_results", results=[{"id": 1, "url": "http://a/"}])
        spoken = typed("response.output_text.delta", delta="fine") + over("completed")
        outcome = await played([chunk(found), 0.5, chunk(spoken), END], wire="responses")
        assert outcome.text == "fine"


class TestBetweenTheWords:
    async def test_thoughts_begin_the_silence_anew(self):
        thoughts: list[Step] = [chunk(THINKS), 0.15]
        assert (await played([chunk(words("a")), *thoughts * 4, *WHOLE])).text == "afine"

    async def test_events_that_say_nothing_do_not(self):
        empty: list[Step] = [chunk(SAYS_NOTHING), 0.1]
        assert phase_of(await played([chunk(words("a")), *empty * 6, *WHOLE])) == "idle"


class TestWhatItDoes:
    @pytest.mark.parametrize(
        ("wire", "events", "told_"),
        [
            ("chat_completions", [THINKS, THINKS], ["thinking"]),
            (
                "responses",
                [
                    typed("response.output_item.added", item={"type": "reasoning"}),
                    typed("response.reasoning_summary_part.added"),
                    typed("response.web_search_call.in_progress"),
                    typed("response.web_search_call.searching"),
                    typed("response.reasoning_text.delta", delta="hm"),
                ],
                ["thinking", "searching", "thinking"],
            ),
            (
                "responses",
                [
                    typed("response.reasoning.started"),
                    typed("response.reasoning.search_queries", queries=["a"]),
                    typed("response.reasoning.fetch_url_queries"),
                ],
                ["thinking", "searching"],
            ),
            (
                "gemini",
                [
                    event(
                        {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}}]}
                    )
                ],
                ["thinking"],
            ),
        ],
    )
    async def test_is_told_once_a_change(self, wire, events, told_):
        last = {
            "chat_completions": words("fine", "stop"),
            "responses": typed("response.output_text.delta", delta="fine") + over("completed"),
            "gemini": told("fine", "STOP"),
        }[wire]
        outcome = await played([chunk(b"".join(events) + last), END], wire=wire)
        assert [e.activity for e in outcome.events if isinstance(e, Working)] == told_
        assert outcome.text == "fine"

    async def test_is_not_told_after_the_first_words(self):
        outcome = await played([chunk(words("a") + THINKS + words("b", "stop")), END])
        assert not any(isinstance(e, Working) for e in outcome.events)

    async def test_is_not_told_where_nothing_shows_it(self):
        outcome = await played([chunk(SAYS_NOTHING), *WHOLE])
        kinds = [type(e) for e in outcome.events]
        assert kinds == [Opened, TextDelta, Finished]


class TestTheTurnsLimit:
    async def test_ends_an_answer_however_busy(self):
        busy: list[Step] = [chunk(words("x")), 0.05]
        limits = Deadlines(first_token_s=5, idle_s=5, turn_s=0.3)
        outcome = await played([*busy * 100, HANG], limits)
        assert phase_of(outcome) == "turn"
        assert outcome.text

    async def test_holds_before_the_headers_too(self):
        async with vendor([HANG]) as one:
            limits = Deadlines(first_token_s=5, turn_s=0.2)
            assert phase_of(await call("chat_completions", one.base_url, None, limits)) == "turn"

    @pytest.mark.parametrize("turn_s", [0.0, -3.0])
    async def test_may_be_over_before_the_call(self, turn_s):
        async with vendor([HANG]) as one:
            limits = Deadlines(turn_s=turn_s)
            assert phase_of(await call("chat_completions", one.base_url, None, limits)) == "turn"
        assert one.connections == 0

    async def test_does_not_undo_a_whole_answer(self):
        limits = Deadlines(first_token_s=5, idle_s=5, turn_s=0.3)
        outcome = await played([chunk(words("fine", "stop")), HANG], limits)
        assert outcome.finished.finish_reason == "stop"
