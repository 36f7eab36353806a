"""A turn ends, whatever is cancelled, stopped or lost around it. In process, with a real database."""

import asyncio
import uuid
from collections.abc import Iterable, Iterator

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.replies.reply import Reply
from chatcore.services import stop_turn, take_turn
from chatcore.summaries import summary_store
from chatcore.summaries.summary_store import Claim
from chatcore.turns import accept
from chatcore.turns.processes import here
from chatcore.turns.running import running
from routing.models import Deployment, Revision
from routing.services import snapshot
from routing.services.decide import decide
from routing.simulator import Simulator
from tests.chatcore.life.world import (
    answered,
    asked,
    database_away,
    locked_row,
    row,
    taken,
    told,
    until,
)
from tests.factories import make_turn

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def own_backend(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The connection of the tests themselves, which empties the tables afterwards."""
    if connection.vendor == "sqlite":
        yield 0
        return
    pool = connection.pool  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "timeout", 0.5)  # else each try takes ten seconds
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        yield int(cursor.fetchone()[0])
    writer.close()
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # it holds connections that are dead


class TestATurn:
    async def test_that_ends_while_the_database_is_away_is_kept_when_it_is_back(
        self,
        own_backend: int,
        asker: Member,
        thread: Thread,
        simulator: Simulator,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ):
        loop = asyncio.get_running_loop()
        reply = await taken(asker, asked(thread))
        with database_away(own_backend, reply.turn_id):
            await simulator.settled()
            await until(lambda: f"The end of turn {reply.turn_id} waits" in caplog.text, 40)
            # An hour passes: whoever waits has no limit.
            real = loop.time
            monkeypatch.setattr(loop, "time", lambda: real() + 3600)
            for _ in range(4):
                with pytest.raises(OperationalError):
                    await writer.run(lambda: Turn.objects.filter(pk=reply.turn_id).update(seq=0))
            assert reply.turn_id in running.replies
            assert not reply.ended.is_set()
        await asyncio.wait_for(reply.ended.wait(), 40)

        stored = await row(reply.turn_id)
        assert (stored.status, stored.reply) == ("complete", reply.text)

    async def test_that_somebody_else_ended_is_told_of_once(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        async with told() as heard:
            reply = await taken(asker, asked(thread))
            theirs = Turn.objects.filter(pk=reply.turn_id)
            await writer.run(lambda: theirs.update(process=uuid.uuid4()))
            await asyncio.wait_for(reply.ended.wait(), 10)
            await running.drain()
            running.draining = False

        assert heard == []

    async def test_that_is_stopped_while_its_end_is_written_still_ends(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        reply = await taken(asker, asked(thread))
        with locked_row(reply.turn_id):
            await simulator.settled()
            await until(lambda: running.is_ending(reply.turn_id))
            running.stop(reply.turn_id)
            await asyncio.sleep(0)
        await asyncio.wait_for(reply.ended.wait(), 10)

        assert (await row(reply.turn_id)).status == "complete"
        assert reply.turn_id not in running.replies
        await asyncio.wait_for(running.drain(), 5)
        running.draining = False

    async def test_that_is_stopped_at_once_ends_as_stopped(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        simulator.outage("openai", "ok-tokens2000-pace20")  # twenty seconds of words
        reply = await taken(asker, asked(thread))

        await stop_turn(member=asker, turn_id=reply.turn_id)
        await asyncio.wait_for(reply.ended.wait(), 10)

        assert (await row(reply.turn_id)).status == "stopped"

    async def test_runs_on_when_its_asker_is_cancelled(self, asker: Member, thread: Thread):
        new = asked(thread)
        asking = asyncio.create_task(take_turn(member=asker, new=new))
        await asyncio.sleep(0)
        asking.cancel()
        await until(lambda: new.turn_id in running.replies)
        await asyncio.wait_for(running.replies[new.turn_id].ended.wait(), 10)

        assert (await row(new.turn_id)).status == "complete"

    async def test_is_not_taken_while_the_process_ends(self, asker: Member, thread: Thread):
        await running.drain()
        try:
            with pytest.raises(Refused) as refused:
                await take_turn(member=asker, new=asked(thread))
        finally:
            running.draining = False

        assert refused.value.code == "unavailable"

    async def test_is_placed_after_the_one_asked_before_it(self, asker: Member, thread: Thread):
        replies = [await taken(asker, asked(thread)) for _ in range(4)]

        assert [turn.position for turn in await self._ended(replies)] == [1, 2, 3, 4]

    async def test_that_is_asked_together_with_others_has_a_place_of_its_own(
        self, asker: Member, thread: Thread
    ):
        replies = await asyncio.gather(*(taken(asker, asked(thread)) for _ in range(4)))

        # Two threads write: which of them is first, nobody says.
        turns = {turn.position: turn for turn in await self._ended(replies)}
        assert set(turns) == {1, 2, 3, 4}
        assert [turns[at].parent_id for at in (2, 3, 4)] == [turns[at].pk for at in (1, 2, 3)]

    async def _ended(self, replies: Iterable[Reply]) -> list[Turn]:
        """The rows of turns that were taken, after all have ended well."""
        rows = []
        for reply in replies:
            await asyncio.wait_for(reply.ended.wait(), 20)
            rows.append(await row(reply.turn_id))
        assert {turn.status for turn in rows} == {"complete"}
        return rows


class TestWhenTheWorkBegan:
    async def test_is_said_alike_by_the_row_and_by_the_signal(self, asker: Member, thread: Thread):
        async with told() as heard:
            turns = [await taken(asker, asked(thread)) for _ in range(2)]  # the second one waits
            for reply in turns:
                await asyncio.wait_for(reply.ended.wait(), 20)
            await until(lambda: len(heard) == 2)
        rows = [await row(reply.turn_id) for reply in turns]

        assert {one.turn_id: one.started_at for one in heard} == {
            turn.pk: turn.started_at for turn in rows
        }
        first, second = rows
        assert first.finished_at is not None
        assert second.created_at < first.finished_at <= second.started_at


class TestATurnThatWaited:
    async def test_is_not_begun_when_it_ended_while_it_was_decided(
        self, asker: Member, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ):
        waiting = await writer.run(lambda: make_turn(thread, status="running", process=here.id))

        def slowly(**arguments):
            Turn.objects.filter(pk=waiting.pk).update(status="stopped", finished_at=timezone.now())
            return decide(**arguments)

        monkeypatch.setattr(accept, "decide", slowly)

        def begin() -> None:
            with pytest.raises(Refused):
                accept.begin(waiting.pk, started_at=timezone.now())

        await writer.run(begin)

        stored = await row(waiting.pk)
        assert (stored.status, stored.route) == ("stopped", "")


class TestAThread:
    async def test_that_outgrew_a_window_can_be_claimed_for_a_summary(
        self, asker: Member, thread: Thread
    ):
        await asyncio.to_thread(self._talk_for_long, thread)
        await answered(asker, asked(thread))

        claim = await read(self._claim)

        assert claim is not None
        assert claim.thread_id == thread.pk

    def _talk_for_long(self, thread: Thread) -> None:
        Deployment.objects.update(context_window=2_000, max_output_tokens=400)
        for number in range(8):
            make_turn(thread, f"question {number}", reply="a long answer " * 150)
        Revision.bump()
        snapshot.refresh(force=True)
        connection.close()

    def _claim(self) -> Claim | None:
        (due,) = summary_store.due(now=timezone.now(), limit=3)
        return summary_store.claim(due, now=timezone.now())
