"""A turn ends, whatever is cancelled, stopped or lost around it. In process, with a real database."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.replies.reply import Reply
from chatcore.services import stop_turn, take_turn
from chatcore.summaries import summary_store
from chatcore.summaries.summary_store import Claim
from chatcore.turns import leases, turn_store
from chatcore.turns.data import Accepted, NewTurn, new_turn
from chatcore.turns.heartbeat import keep_turns
from chatcore.turns.reply_cache import reply_cache
from chatcore.turns.running import running
from chatcore.turns.signals import TurnFinished, turn_finished
from routing.models import Deployment, Revision
from routing.providers.http import aclose_all
from routing.seeding import seed
from routing.services import snapshot
from routing.services.decide import decide
from routing.simulator import Simulator, serve
from tests.factories import make_thread, make_turn

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]

QUESTION = "write a python function that adds two numbers"


@pytest.fixture
async def simulator(settings) -> AsyncIterator[Simulator]:
    async with serve(port=0) as running_simulator:
        settings.ENV_KEYS = {"openai": "test-key"}
        settings.ENV_BASE_URLS = {"openai": running_simulator.base_url("openai")}
        yield running_simulator
    await aclose_all()
    await reply_cache.aclose()


@pytest.fixture
def thread(alice) -> Iterator[Thread]:
    yield make_thread(alice)
    writer.close()


@pytest.fixture
async def asker(simulator: Simulator, thread: Thread) -> Member:
    def look() -> Member:
        seed()
        snapshot.refresh(force=True)
        connection.close()
        return Member(
            user_id=thread.owner_id,
            organisation_id=thread.organisation_id,
            username="alice",
        )

    return await asyncio.to_thread(look)


def asked(thread: Thread, text: str = QUESTION) -> NewTurn:
    return new_turn(thread.pk, uuid.uuid4(), kind="ask", text=text)


async def row(turn_id: uuid.UUID) -> Turn:
    return await read(lambda: Turn.objects.get(pk=turn_id))


async def until(holds: Callable[[], bool], patience_s: float = 10) -> None:
    """For what happens inside the site without anybody being told."""
    async with asyncio.timeout(patience_s):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@contextmanager
def locked_row(turn_id: uuid.UUID) -> Iterator[None]:
    """Somebody else holds the turn's row (on SQLite: everything) until the end."""
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Turn.objects.select_for_update().get(pk=turn_id)
            holds.set()
            release.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(10)
    try:
        yield
    finally:
        release.set()
        holder.join()


@contextmanager
def database_away(kept: int, turn_id: uuid.UUID) -> Iterator[None]:
    """No connection but one lives, and none can be made (on SQLite: everything is locked)."""
    if connection.vendor == "sqlite":
        with locked_row(turn_id):
            yield
        return
    settings = connection.settings_dict
    where = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    name = settings["NAME"]
    with psycopg.connect(
        dbname="postgres", password=settings["PASSWORD"], autocommit=True, **where
    ) as admin:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                (name, kept),
            )
            yield
        finally:
            admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


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
    ):
        _, reply = await take_turn(asker, asked(thread))
        assert reply is not None
        with database_away(own_backend, reply.turn_id):
            await simulator.settled()
            await until(lambda: f"The end of turn {reply.turn_id} waits" in caplog.text, 40)
            assert reply.turn_id in running.replies
            assert not reply.ended.is_set()
        await asyncio.wait_for(reply.ended.wait(), 40)

        stored = await row(reply.turn_id)
        assert (stored.status, stored.reply) == ("complete", reply.text)

    async def test_that_somebody_else_ended_is_told_of_once(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        told: list[TurnFinished] = []

        async def listener(sender: object, finished: TurnFinished, **_: object) -> None:
            told.append(finished)

        turn_finished.connect(listener)
        try:
            _, reply = await take_turn(asker, asked(thread))
            assert reply is not None
            taken = Turn.objects.filter(pk=reply.turn_id)
            await writer.run(lambda: taken.update(lease_token=uuid.uuid4()))
            await asyncio.wait_for(reply.ended.wait(), 10)
            await running.drain()
        finally:
            running.draining = False
            turn_finished.disconnect(listener)

        assert told == []

    async def test_that_is_stopped_while_its_end_is_written_still_ends(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        _, reply = await take_turn(asker, asked(thread))
        assert reply is not None
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
        _, reply = await take_turn(asker, asked(thread))
        assert reply is not None

        await stop_turn(asker, reply.turn_id)
        await asyncio.wait_for(reply.ended.wait(), 10)

        assert (await row(reply.turn_id)).status == "stopped"

    async def test_runs_on_when_its_asker_is_cancelled(self, asker: Member, thread: Thread):
        new = asked(thread)
        asking = asyncio.create_task(take_turn(asker, new))
        await asyncio.sleep(0)
        asking.cancel()
        await until(lambda: new.turn_id in running.replies)
        await asyncio.wait_for(running.replies[new.turn_id].ended.wait(), 10)

        assert (await row(new.turn_id)).status == "complete"

    async def test_is_not_taken_while_the_process_ends(self, asker: Member, thread: Thread):
        await running.drain()
        try:
            with pytest.raises(Refused) as refused:
                await take_turn(asker, asked(thread))
        finally:
            running.draining = False

        assert refused.value.code == "unavailable"

    async def test_is_placed_after_the_one_asked_before_it(self, asker: Member, thread: Thread):
        taken = [await take_turn(asker, asked(thread)) for _ in range(4)]

        assert [turn.position for turn in await self._ended(taken)] == [1, 2, 3, 4]

    async def test_that_is_asked_together_with_others_has_a_place_of_its_own(
        self, asker: Member, thread: Thread
    ):
        taken = await asyncio.gather(*(take_turn(asker, asked(thread)) for _ in range(4)))

        # Two threads write: which of them is first, nobody says.
        positions = [turn.position for turn in await self._ended(taken)]
        assert sorted(positions) == [1, 2, 3, 4]

    async def _ended(self, taken: Iterable[tuple[Accepted, Reply | None]]) -> list[Turn]:
        """The rows of turns that were taken, after all have ended well."""
        rows = []
        for accepted, reply in taken:
            assert reply is not None
            await asyncio.wait_for(reply.ended.wait(), 20)
            rows.append(await row(accepted.turn_id))
        assert {turn.status for turn in rows} == {"complete"}
        return rows


class TestATurnThatWaited:
    async def test_is_not_begun_when_it_ended_while_it_was_decided(
        self, asker: Member, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ):
        token = uuid.uuid4()
        waiting = await writer.run(lambda: make_turn(thread, status="running", lease_token=token))

        def slowly(**arguments):
            Turn.objects.filter(pk=waiting.pk).update(
                status="stopped", lease_token=None, finished_at=timezone.now()
            )
            return decide(**arguments)

        monkeypatch.setattr(turn_store, "decide", slowly)

        def begin() -> None:
            with pytest.raises(Refused):
                turn_store.begin(waiting.pk, token)

        await writer.run(begin)

        stored = await row(waiting.pk)
        assert (stored.status, stored.route) == ("stopped", "")


class TestAThread:
    async def test_that_outgrew_a_window_can_be_claimed_for_a_summary(
        self, asker: Member, thread: Thread
    ):
        await asyncio.to_thread(self._talk_for_long, thread)
        _, reply = await take_turn(asker, asked(thread))
        assert reply is not None
        await asyncio.wait_for(reply.ended.wait(), 10)

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


class TestTheKeeper:
    async def test_ends_the_turn_of_a_dead_process_and_tells_of_it(
        self, asker: Member, thread: Thread
    ):
        told: list[TurnFinished] = []
        heard = asyncio.Event()

        async def listener(sender: object, finished: TurnFinished, **_: object) -> None:
            told.append(finished)
            heard.set()

        accepted, reply = await take_turn(asker, asked(thread))
        assert reply is not None
        await asyncio.wait_for(reply.ended.wait(), 10)
        orphan = await asyncio.to_thread(self._orphaned, thread, accepted.turn_id)
        turn_finished.connect(listener)
        keeping = asyncio.create_task(keep_turns())
        try:
            await asyncio.wait_for(heard.wait(), 10)
        finally:
            keeping.cancel()
            turn_finished.disconnect(listener)

        stored = await row(orphan)
        assert (stored.status, stored.error_code) == ("interrupted", "interrupted")
        assert stored.reply == "half of"
        assert [finished.turn_id for finished in told] == [orphan]
        assert [attempt.status for attempt in told[0].route.attempts] == ["unknown"]

    async def test_ends_the_others_when_one_route_cannot_be_read(
        self, asker: Member, thread: Thread, caplog: pytest.LogCaptureFixture
    ):
        def orphan(route: str) -> uuid.UUID:
            made = make_turn(
                thread,
                status="running",
                route=route,
                lease_token=uuid.uuid4(),
                lease_expires_at="2026-01-01T00:00:00Z",
            )
            return made.pk

        odd, good = await writer.run(lambda: (orphan('{"intent":1}'), orphan("")))

        ended = await writer.run(leases.end_orphans)

        assert {finished.turn_id for finished in ended} == {odd, good}
        assert {(await row(one)).status for one in (odd, good)} == {"interrupted"}
        assert f"The route of turn {odd} cannot be read" in caplog.text

    def _orphaned(self, thread: Thread, like: uuid.UUID) -> uuid.UUID:
        """A running turn whose lease ran out, with a route like another's."""
        route = Turn.objects.get(pk=like).route.replace('"status":"ok"', '"status":"started"')
        made = make_turn(
            thread,
            status="running",
            reply="half of",
            route=route,
            lease_token=uuid.uuid4(),
            lease_expires_at="2026-01-01T00:00:00Z",
        )
        connection.close()
        return made.pk
