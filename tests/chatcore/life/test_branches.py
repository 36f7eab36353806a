"""A turn has a parent and a thread a head: edits and retries anywhere are branches."""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.services import take_turn
from chatcore.summaries import summary_store
from chatcore.turns import accept
from chatcore.turns.data import new_turn
from chatcore.turns.history import TURNS_READ, history_of, line_to
from routing import route as routes
from routing.services import snapshot
from routing.services.context import History
from tests.chatcore.life.world import answered, asked
from tests.factories import make_thread, make_turn


def talk(thread: Thread, number: int) -> list[Turn]:
    """So many turns, one after the other."""
    return [make_turn(thread, f"question {n}", reply=f"answer {n}") for n in range(1, number + 1)]


@pytest.mark.anyio
@pytest.mark.django_db(transaction=True)
class TestAnEditOrRetry:
    async def test_of_an_earlier_turn_goes_on_from_before_it(self, asker: Member, thread: Thread):
        first, second, _ = await writer.run(lambda: talk(thread, 3))
        new = new_turn(thread.pk, None, kind="edit", text="another question", target=second.pk)

        turn = await answered(asker, new)

        assert (turn.parent_id, turn.replaces_id, turn.position) == (first.pk, second.pk, 4)
        assert routes.load(turn.route).context_turns == 1
        assert await self._head(thread) == turn.pk

    async def test_of_an_earlier_turn_leaves_what_followed_as_it_is(
        self, asker: Member, thread: Thread
    ):
        before = await writer.run(lambda: talk(thread, 3))
        new = new_turn(thread.pk, None, kind="retry", target=before[0].pk)

        turn = await answered(asker, new)

        left = await read(lambda: list(Turn.objects.exclude(pk=turn.pk).order_by("position")))
        assert [(one.pk, one.parent_id, one.reply) for one in left] == [
            (one.pk, one.parent_id, one.reply) for one in before
        ]
        assert (turn.parent_id, turn.prompt) == (None, "question 1")

    async def test_is_followed_by_the_next_turn(self, asker: Member, thread: Thread):
        _, second = await writer.run(lambda: talk(thread, 2))
        again = await answered(asker, new_turn(thread.pk, None, kind="retry", target=second.pk))

        following = await answered(asker, asked(thread))

        assert following.parent_id == again.pk
        assert routes.load(following.route).context_turns == 2

    async def test_of_a_turn_of_a_branch_that_was_left_goes_on_from_there(
        self, asker: Member, thread: Thread
    ):
        def branched() -> Turn:
            first, second, third = talk(thread, 3)
            make_turn(thread, "other", reply="words", replaces=first)
            return third

        third = await writer.run(branched)

        turn = await answered(asker, new_turn(thread.pk, None, kind="retry", target=third.pk))

        assert turn.parent_id == third.parent_id
        assert routes.load(turn.route).context_turns == 2

    async def test_waits_while_another_turn_of_the_thread_runs(
        self, asker: Member, thread: Thread, simulator
    ):
        simulator.outage("openai", "ok-tokens20-pace20")
        (first,) = await writer.run(lambda: talk(thread, 1))
        _, running = await take_turn(member=asker, new=asked(thread))
        accepted, reply = await take_turn(
            member=asker, new=new_turn(thread.pk, None, kind="retry", target=first.pk)
        )
        assert running is not None and reply is not None  # noqa: PT018

        assert accepted.decision is None
        await reply.ended.wait()
        assert running.ended.is_set()

    async def test_is_refused_of_a_turn_that_runs_or_is_not_of_this_thread(
        self, asker: Member, thread: Thread
    ):
        running = await writer.run(lambda: make_turn(thread, status="running"))
        other = await writer.run(lambda: make_turn(make_thread(thread.owner)))

        for target, code in (
            (running.pk, "still_running"),
            (other.pk, "not_found"),
            (uuid.uuid4(), "not_found"),
        ):
            new = new_turn(thread.pk, None, kind="retry", target=target)
            with pytest.raises(Refused) as refused:
                await take_turn(member=asker, new=new)
            assert refused.value.code == code

    async def _head(self, thread: Thread) -> uuid.UUID | None:
        return (await read(lambda: Thread.objects.get(pk=thread.pk))).head_id


@pytest.mark.django_db
class TestAHistory:
    def of(self, thread: Thread) -> History:
        thread.refresh_from_db()
        return history_of(thread, line_to(thread.head_id))

    def test_is_the_line_of_parents_oldest_first(self, thread: Thread):
        first, second, _ = talk(thread, 3)
        make_turn(thread, "edited", reply="anew", replaces=second)

        assert [turn.prompt for turn in self.of(thread).turns] == [first.prompt, "edited"]

    def test_holds_what_was_answered(self, thread: Thread):
        make_turn(thread, "said", reply="words")
        make_turn(thread, "failed", reply=" ", status="failed")
        make_turn(thread, "running", reply="wor", status="running")

        assert [turn.prompt for turn in self.of(thread).turns] == ["said"]

    def test_is_bounded_and_says_how_much_is_older(self, thread: Thread):
        turns = talk(thread, TURNS_READ + 3)

        history = self.of(thread)

        assert (len(history.turns), history.unread) == (TURNS_READ, 3)
        assert history.turns[0].prompt == turns[3].prompt

    def test_ends_where_the_older_turns_were_purged(self, thread: Thread):
        turns = talk(thread, 3)
        Turn.objects.filter(pk=turns[0].pk).delete()

        history = self.of(thread)

        assert [turn.prompt for turn in history.turns] == ["question 2", "question 3"]
        assert history.unread == 0

    def test_says_which_turns_the_summary_covers(self, thread: Thread):
        turns = talk(thread, 4)
        self.summarise(thread, turns[1])

        history = self.of(thread)

        assert history.summary == "In short."
        assert [turn.summarised for turn in history.turns] == [True, True, False, False]

    def test_goes_by_no_clock(self, thread: Thread):
        turns = talk(thread, 3)
        Turn.objects.filter(pk=turns[2].pk).update(created_at="2000-01-01T00:00:00Z")
        self.summarise(thread, turns[1])

        assert [turn.summarised for turn in self.of(thread).turns] == [True, True, False]

    def test_has_no_summary_of_a_branch_that_was_left(self, thread: Thread):
        turns = talk(thread, 3)
        self.summarise(thread, turns[1])
        make_turn(thread, "edited", reply="anew", replaces=turns[1])

        history = self.of(thread)

        assert history.summary == ""
        assert not any(turn.summarised for turn in history.turns)

    def test_has_a_summary_of_turns_that_two_branches_share(self, thread: Thread):
        turns = talk(thread, 3)
        self.summarise(thread, turns[0])
        make_turn(thread, "edited", reply="anew", replaces=turns[1])

        assert self.of(thread).summary == "In short."

    def test_knows_what_a_summary_older_than_what_is_read_does_not_cover(self, thread: Thread):
        turns = talk(thread, TURNS_READ + 10)
        self.summarise(thread, turns[3])

        history = self.of(thread)

        assert (history.unread, history.unread_summarised) == (10, 4)
        assert history.summary == "In short."

    def test_has_no_summary_of_a_branch_that_was_left_long_ago(self, thread: Thread):
        first, second = talk(thread, 2)
        self.summarise(thread, second)
        make_turn(thread, "edited", reply="anew", replaces=second)
        talk(thread, TURNS_READ + 1)

        history = self.of(thread)

        assert (history.summary, history.unread_summarised) == ("", 0)

    @pytest.fixture
    def thread(self, alice) -> Thread:
        return make_thread(alice)

    def summarise(self, thread: Thread, to: Turn) -> None:
        Thread.objects.filter(pk=thread.pk).update(summary="In short.", summarised_to=to)


@pytest.mark.django_db
class TestASummary:
    @pytest.fixture
    def thread(self, alice) -> Thread:
        return make_thread(alice, summary="Old.", summary_wanted_at=timezone.now())

    def claim(self, thread: Thread, to: Turn) -> summary_store.Claim:
        Thread.objects.filter(pk=thread.pk).update(summarised_to=to)
        claim = summary_store.claim(Thread.objects.get(pk=thread.pk), now=timezone.now())
        assert claim is not None
        return claim

    def test_goes_on_after_the_turn_that_it_covers(self, thread: Thread):
        turns = talk(thread, 6)
        Turn.objects.filter(pk=turns[3].pk).update(created_at="2000-01-01T00:00:00Z")
        claim = self.claim(thread, turns[1])

        assert summary_store.unsummarised(claim) == turns[2:4]
        assert claim.summary == "Old."

    def test_of_a_branch_that_was_left_is_begun_anew(self, thread: Thread):
        turns = talk(thread, 3)
        claim_of = turns[2]
        edited = make_turn(thread, "edited", reply="anew", replaces=turns[1])
        following = talk(thread, 2)
        claim = self.claim(thread, claim_of)

        assert summary_store.unsummarised(claim) == [turns[0], edited]
        assert (claim.summary, len(following)) == ("", summary_store.KEPT_TURNS)


@pytest.mark.django_db(transaction=True)
class TestAnAccept:
    @pytest.fixture
    def site(self, alice, settings, shipped) -> Thread:
        settings.ENV_KEYS = {"openai": "test-key"}
        settings.ENV_BASE_URLS = {}
        shipped()
        snapshot.refresh(force=True)
        return make_thread(alice)

    @pytest.mark.parametrize("before", [0, TURNS_READ - 1])
    def test_takes_four_statements(self, site: Thread, django_assert_num_queries, before: int):
        talk(site, before)

        with transaction.atomic(), django_assert_num_queries(4):
            self.accept(site)

    def test_takes_one_more_where_older_turns_must_be_counted(
        self, site: Thread, django_assert_num_queries
    ):
        talk(site, TURNS_READ)

        with transaction.atomic(), django_assert_num_queries(5):
            self.accept(site)

    def accept(self, thread: Thread) -> None:
        member = Member(thread.owner_id, thread.organisation_id, "alice")
        accept.accept(member=member, new=asked(thread), started_at=timezone.now())
