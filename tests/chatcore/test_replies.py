"""A reply's log: whoever follows it, from wherever, ends with exactly what was written."""

import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from chatcore.replies.frames import LEG
from chatcore.replies.outcome import Outcome
from chatcore.replies.reply import Follower, Reply

WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12),
    min_size=1,
    max_size=40,
)
TAKES = st.lists(st.sampled_from(["take", "snapshot", "nothing"]), min_size=40, max_size=40)


def new_reply() -> Reply:
    return Reply(turn_id=uuid.uuid4(), thread_id=uuid.uuid4())


class Screen:
    """What a page shows of the frames it is sent."""

    def __init__(self, follower: Follower, text: str = "") -> None:
        self.follower = follower
        self.text = text
        self.seqs: list[int] = []
        self.types: list[str] = []

    def take(self, how: str = "take") -> None:
        if how == "nothing":
            return
        due = self.follower.take() if how == "take" else self.follower.take_snapshot()
        for seq, raw in due:
            frame = json.loads(raw)
            self.types.append(frame["type"])
            if frame["type"] in {"delta", "snapshot", "reset"}:
                assert frame["seq"] == seq
                self.seqs.append(seq)
                kept = self.text if frame["type"] == "delta" else ""
                self.text = kept + frame.get("text", "")


class TestAFollower:
    @given(WORDS, TAKES)
    def test_ends_with_the_whole_text_however_seldom_it_looks(self, words, takes):
        reply = new_reply()
        screen = Screen(reply.follow(0))

        for word, take in zip(words, takes, strict=False):
            reply.append(word)
            screen.take(take)
        reply.end(Outcome(status="complete"))
        screen.take()

        assert screen.text == "".join(words)
        assert screen.seqs == sorted(screen.seqs)
        assert screen.types.count("done") == 1

    @given(WORDS, st.data())
    def test_goes_on_from_any_character(self, words, data):
        reply = new_reply()
        for word in words:
            reply.append(word)
        whole = "".join(words)
        after = data.draw(st.integers(0, len(whole)))

        screen = Screen(reply.follow(after), text=whole[:after])
        screen.take()

        assert screen.text == whole

    @given(WORDS, WORDS, st.data())
    def test_shows_only_the_last_leg(self, first, second, data):
        reply = new_reply()
        for word in first:
            reply.append(word)
        after = data.draw(st.integers(0, len("".join(first))))
        early = Screen(reply.follow(0))
        early.take()
        reply.reset("cut")
        for word in second:
            reply.append(word)

        late = Screen(reply.follow(after), text="".join(first)[:after])
        early.take()
        late.take()

        assert early.text == late.text == "".join(second)
        assert reply.seq == LEG + len("".join(second))

    def test_of_a_future_position_is_sent_everything(self):
        reply = new_reply()
        reply.append("all of it")

        screen = Screen(reply.follow(7 * LEG), text="what")
        screen.take()

        assert screen.text == "all of it"
        assert screen.types == ["snapshot"]

    def test_is_never_sent_what_a_database_cannot_keep(self):
        reply = new_reply()

        reply.append("one\0two")

        assert reply.text == "one\ufffdtwo"

    def test_is_told_once_that_it_waits(self):
        reply = new_reply()
        reply.wait_for_earlier()
        screen = Screen(reply.follow(0))

        screen.take()
        screen.take()

        assert screen.types == ["waiting"]
