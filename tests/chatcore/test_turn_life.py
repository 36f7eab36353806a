"""A turn ends, whatever is cancelled, stopped or lost around it. In process, with a real database."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chatcore import summary_store
from chatcore.accounts import Member
from chatcore.database import read, writer
from chatcore.keeper import keep_turns
from chatcore.models import Thread, Turn
from chatcore.running import running
from chatcore.services import reply_cache, stop_turn, take_turn
from chatcore.signals import TurnFinished, turn_finished
from chatcore.summary_store import Claim
from chatcore.turns import NewTurn, Refused, new_turn
from routing.models import Deployment, Revision
from routing.providers.http import aclose_all
from routing.seeding import seed
from routing.services import snapshot
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
            is_staff=False,
        )

    return await asyncio.to_thread(look)


def asked(thread: Thread, text: str = QUESTION) -> NewTurn:
    return new_turn(thread.pk, uuid.uuid4(), kind="ask", text=text)


async def row(turn_id: uuid.UUID) -> Turn:
    return await read(lambda: Turn.objects.get(pk=turn_id))


async def until(holds: Callable[[], bool]) -> None:
    """For what happens inside the house without anybody being told."""
    async with asyncio.timeout(10):
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


class TestATurn:
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
        taken = await asyncio.gather(*(take_turn(asker, asked(thread)) for _ in range(4)))
        for _, reply in taken:
            assert reply is not None
            await asyncio.wait_for(reply.ended.wait(), 20)

        rows = [await row(accepted.turn_id) for accepted, _ in taken]
        assert [turn.position for turn in rows] == [1, 2, 3, 4]
        assert {turn.status for turn in rows} == {"complete"}


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
