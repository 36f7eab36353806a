"""What the detector is made from: the parts that need no encoder."""

from routing.intents.text import fold
from tests.intents.corpus import ANEW, HELD_OUT
from training import prompts
from training.pieces import pieces
from training.prompts import INTENTS, Prompt

POOL = (
    Prompt(text="how do I grow tomatoes on a balcony in the north. is it too cold?", lang="en"),
    Prompt(text="我想在北方的阳台上种番茄,请问什么品种比较合适,需要注意什么问题", lang="zh"),
)


class TestOurLabels:
    def test_name_known_intents_and_hold_no_text(self):
        labels = prompts.labels()

        assert len(labels) > 5_000
        assert {said.intent for said in labels.values()} == set(INTENTS)
        assert {said.text for said in labels.values()} == {""}

    def test_find_their_prompts_by_a_hash(self, monkeypatch):
        said = Prompt(text="", intent="qa_retrieval", also=("social_chat",))
        monkeypatch.setattr(prompts, "labels", lambda: {prompts.key(POOL[0].text): said})

        first, second = prompts.labelled(POOL)

        assert (first.text, first.intent, first.also) == (
            POOL[0].text,
            "qa_retrieval",
            ("social_chat",),
        )
        assert second == POOL[1]


class TestOurOwnPrompts:
    def test_are_none_of_those_that_are_measured_with(self):
        measured = {(fold(row.text), row.previous) for row in (*HELD_OUT, *ANEW)}
        own = {(fold(prompt.text), prompt.previous) for prompt in prompts.own()}

        assert len(own) > 1_500
        assert not own & measured

    def test_send_what_says_nothing_by_itself_where_the_message_before_went(self):
        said = {
            (prompt.previous, prompt.intent)
            for prompt in prompts.follow_ups()
            if prompt.text == "shorter please"
        }

        assert (None, prompts.FALLBACK) in said
        assert ("coding_help", "coding_help") in said


class TestPieces:
    def test_are_cut_from_prompts_in_every_script(self):
        found = list(pieces(POOL, count=40))

        assert {piece.lang for piece in found} == {"en", "zh"}
        assert all(any(piece.text in whole.text for whole in POOL) for piece in found)

    def test_are_the_same_each_time(self):
        assert list(pieces(POOL, count=10)) == list(pieces(POOL, count=10))

    def test_are_fewer_where_there_are_not_so_many(self):
        assert len(list(pieces(POOL[:1], count=10_000))) < 10_000
        assert list(pieces((), count=5)) == []
