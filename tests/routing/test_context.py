"""The shared context: as much of what was said as fits, newest first to stay."""

from hypothesis import given
from hypothesis import strategies as st

from routing.services.context import History, PastTurn, build_context, room_for_prompt
from routing.services.estimate import estimate_tokens
from tests.routing.climbing import Site

HERE = Site(None)  # type: ignore[arg-type]  # nobody is called


def deployment(window: int):
    return HERE.deployment("elsewhere/any", context_window=window, max_output_tokens=100)


def turns(count: int, *, summarised: int = 0) -> tuple[PastTurn, ...]:
    return tuple(
        PastTurn(prompt=f"question {n} " * 5, reply=f"answer {n} " * 20, summarised=n < summarised)
        for n in range(count)
    )


class TestTheContext:
    def test_holds_everything_while_it_fits(self):
        context = build_context(
            persona="Be kind.",
            history=History(turns=turns(3)),
            prompt="And now?",
            deployment=deployment(8_000),
        )

        roles = [message.role for message in context.messages]
        assert roles == ["system", *["user", "assistant"] * 3, "user"]
        assert (context.turns, context.left_out, context.summarised) == (3, 0, 0)

    def test_leaves_the_oldest_out_and_says_so(self):
        context = build_context(
            persona="Be kind.",
            history=History(turns=turns(20)),
            prompt="And now?",
            deployment=deployment(600),
        )

        assert context.messages[-2].content.startswith("answer 19")
        kept = (len(context.messages) - 2) // 2
        assert (context.turns, context.left_out) == (kept, 20 - kept)

    def test_speaks_of_what_does_not_fit_by_the_summary(self):
        context = build_context(
            persona="Be kind.",
            history=History(turns=turns(20, summarised=18), summary="They counted questions."),
            prompt="And now?",
            deployment=deployment(600),
        )

        assert "They counted questions." in context.messages[0].content
        kept = (len(context.messages) - 2) // 2
        assert (context.summarised, context.left_out) == (20 - kept, 0)

    def test_needs_no_summary_while_everything_fits(self):
        context = build_context(
            persona="Be kind.",
            history=History(turns=turns(3, summarised=2), summary="They counted questions."),
            prompt="And now?",
            deployment=deployment(8_000),
        )

        assert "They counted" not in context.messages[0].content

    def test_joins_prompts_that_nobody_answered(self):
        history = History(turns=(PastTurn(prompt="one", reply=""),))

        context = build_context(
            persona="", history=history, prompt="two", deployment=deployment(8_000)
        )

        assert [message.content for message in context.messages] == ["one\n\ntwo"]

    @given(st.integers(0, 40), st.integers(260, 4_000), st.text(max_size=300))
    def test_never_exceeds_the_window(self, count: int, window: int, summary: str):
        context = build_context(
            persona="Be kind.",
            history=History(turns=turns(count, summarised=count // 2), summary=summary),
            prompt="And now?",
            deployment=deployment(window),
        )

        assert context.tokens <= room_for_prompt(deployment(window))


class TestAnEstimate:
    @given(st.text(), st.text())
    def test_grows_with_the_text(self, text: str, more: str):
        assert estimate_tokens(text + more) >= max(estimate_tokens(text), estimate_tokens(more))

    def test_counts_code_and_figures_finer_than_words(self):
        code = "for(i=0;i<n;i++){total+=xs[i]*ys[i];}"
        words = "a plain sentence of just as many signs"[: len(code)]

        assert estimate_tokens(code) >= 1.4 * estimate_tokens(words)
        assert estimate_tokens("31415926535897932384") == 10
