"""Turns that nobody runs are ended; running ones are kept, stopped and given up as their rows say."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from django.db import connection
from django.utils import timezone

from chatcore.db.writer import writer
from chatcore.identity.members import Member
from chatcore.models import ServerProcess, Thread, Turn
from chatcore.replies.reply import Reply
from chatcore.turns import heartbeat, orphans
from chatcore.turns.processes import here
from chatcore.turns.texts import KeptTexts
from routing.simulator import Simulator
from tests.chatcore.life.world import answered, asked, row, taken, told, until
from tests.factories import make_turn

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """The heart beats during a block, and quickly."""
    keeping = asyncio.create_task(heartbeat.keep_turns())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])


@pytest.fixture
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.05)


class TestATurnOfADeadProcess:
    async def test_is_ended_with_its_text_and_told_of(self, asker: Member, thread: Thread):
        like = await answered(asker, asked(thread))
        orphan = await asyncio.to_thread(self._orphaned, thread, like)

        async with told() as heard, beating():
            await until(lambda: bool(heard))

        stored = await row(orphan)
        assert (stored.status, stored.error_code) == ("interrupted", "interrupted")
        assert stored.reply == "half of"
        assert [finished.turn_id for finished in heard] == [orphan]
        assert [attempt.status for attempt in heard[0].route.attempts] == ["unknown"]

    async def test_is_ended_though_another_s_route_cannot_be_read(
        self, asker: Member, thread: Thread, caplog: pytest.LogCaptureFixture
    ):
        def orphan(route: str) -> uuid.UUID:
            return make_turn(thread, status="running", route=route, process=uuid.uuid4()).pk

        odd, good = await writer.run(lambda: (orphan('{"intent":1}'), orphan("")))

        ended = await writer.run(orphans.end_orphans)

        assert {finished.turn_id for finished in ended} == {odd, good}
        assert {(await row(one)).status for one in (odd, good)} == {"interrupted"}
        assert f"The route of turn {odd} cannot be read" in caplog.text

    async def test_is_nobody_s_as_soon_as_the_process_has_left(self, thread: Thread):
        await here.ensure_registered()
        running = await writer.run(lambda: make_turn(thread, status="running", process=here.id))
        assert await writer.run(orphans.end_orphans) == []

        await heartbeat.leave()

        (ended,) = await writer.run(orphans.end_orphans)
        assert ended.turn_id == running.pk

    def _orphaned(self, thread: Thread, like: Turn) -> uuid.UUID:
        """A running turn whose process is gone, with a route like another's."""
        route = like.route.replace('"status":"ok"', '"status":"started"')
        made = make_turn(
            thread, status="running", reply="half of", route=route, process=uuid.uuid4()
        )
        connection.close()
        return made.pk


class TestATurnOfALivingProcess:
    async def test_is_left_alone(self, thread: Thread):
        def living() -> None:
            now = timezone.now()
            other = ServerProcess.objects.create(kind="web", started_at=now, seen_at=now)
            make_turn(thread, status="running", process=other.pk)

        await writer.run(living)

        assert await writer.run(orphans.end_orphans) == []


@pytest.mark.usefixtures("quick_heart")
class TestATurnOfThisProcess:
    async def test_that_runs_nowhere_is_ended(self, asker: Member, thread: Thread):
        """Its accept was stored, but the database could not say so."""
        stray = await writer.run(lambda: make_turn(thread, status="running", process=here.id))

        async with told() as heard, beating():
            await until(lambda: bool(heard))

        assert (heard[0].turn_id, heard[0].status) == (stray.pk, "interrupted")
        assert (await row(stray.pk)).status == "interrupted"

    async def test_is_stopped_when_its_row_says_so(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        reply = await self._long(asker, thread, simulator)
        async with beating():
            await self._change(reply, stop_asked=True)
            await asyncio.wait_for(reply.ended.wait(), 10)

        assert (await row(reply.turn_id)).status == "stopped"

    async def test_is_given_up_when_somebody_else_has_ended_it(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        reply = await self._long(asker, thread, simulator)
        async with beating():
            await self._change(reply, status="interrupted", finished_at=timezone.now())
            await asyncio.wait_for(reply.ended.wait(), 10)

        assert reply.last_frame is not None
        assert json.loads(reply.last_frame)["status"] == "interrupted"
        assert (await row(reply.turn_id)).latency_ms is None

    async def test_goes_on_when_the_process_was_taken_for_dead_by_mistake(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        reply = await self._long(asker, thread, simulator)
        await writer.run(lambda: ServerProcess.objects.all().delete())
        async with beating():
            await until(lambda: reply.length > 50)
            await self._change(reply, stop_asked=True)
            await asyncio.wait_for(reply.ended.wait(), 10)

        assert (await row(reply.turn_id)).status == "stopped"

    async def test_has_its_text_kept_while_it_runs(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        reply = await self._long(asker, thread, simulator)
        stored = ""
        async with beating():
            async with asyncio.timeout(20):
                while not stored:
                    stored = (await row(reply.turn_id)).reply
            await self._change(reply, stop_asked=True)
            await asyncio.wait_for(reply.ended.wait(), 10)

        assert reply.text.startswith(stored)

    async def _long(self, asker: Member, thread: Thread, simulator: Simulator) -> Reply:
        simulator.outage("openai", "ok-tokens2000-pace20")  # forty seconds of words
        return await taken(asker, asked(thread))

    async def _change(self, reply: Reply, **fields: object) -> None:
        await writer.run(lambda: Turn.objects.filter(pk=reply.turn_id).update(**fields))


class TestTheTextsThatAreDue:
    """Small and early often, later in proportion to their length."""

    def reply(self, text: str = "") -> Reply:
        made = Reply(turn_id=uuid.uuid4())
        made.append(text)
        return made

    def keep(self, kept: KeptTexts, reply: Reply, now: float) -> None:
        kept.note(reply.turn_id, seq=reply.seq, now=now)

    def test_are_those_that_grew_by_half(self):
        grown, hardly = self.reply("x" * 100), self.reply("x" * 100)
        kept = KeptTexts()
        for reply in kept.due([grown, hardly], now=0):
            self.keep(kept, reply, 0)
        grown.append("x" * 50)
        hardly.append("x" * 49)

        assert kept.due([grown, hardly], now=2) == [grown]

    def test_are_after_ten_seconds_those_that_grew_at_all(self):
        reply = self.reply("x" * 100)
        kept = KeptTexts()
        self.keep(kept, reply, 0)
        reply.append("x")

        assert kept.due([reply], now=9) == []
        assert kept.due([reply], now=10) == [reply]

    def test_are_those_that_began_anew(self):
        reply = self.reply("x" * 100)
        kept = KeptTexts()
        self.keep(kept, reply, 0)
        reply.reset("cut")

        assert kept.due([reply], now=2) == [reply]

    def test_are_none_where_nothing_changed(self):
        reply, silent = self.reply("x"), self.reply()
        kept = KeptTexts()
        self.keep(kept, reply, 0)

        assert kept.due([reply, silent], now=60) == []

    def test_come_in_the_order_of_their_ids(self):
        replies = [self.reply("x") for _ in range(20)]

        due = KeptTexts().due(replies, now=0)

        assert due == sorted(replies, key=lambda reply: reply.turn_id)
