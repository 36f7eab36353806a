"""The end of a process: who is waited for, for how long, and what becomes of the rest."""

import asyncio
import signal

import pytest
from django.db import connection

from chatcore import services
from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread
from chatcore.services import take_turn
from chatcore.streaming.lifespan import PATIENCE, Lifetime, Patience
from chatcore.turns.running import running
from routing.simulator import Simulator
from scripts.children import DRAIN_SECONDS, DRAIN_SECONDS_OTHERWISE
from tests.chatcore.life.world import asked, locked_thread, row, taken, until

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]
SHORT = Patience(open_s=0.0, replies_s=0.3, all_s=10.0)
LONG = Patience(open_s=0.0, replies_s=60.0, all_s=90.0)
ENDLESS = "ok-tokens4000-pace20"


@pytest.fixture(autouse=True)
def open_again():
    yield
    running.draining = False


class TestADrain:
    async def test_waits_for_a_turn_that_is_just_being_accepted(
        self, asker: Member, thread: Thread
    ):
        new = asked(thread)
        with locked_thread(thread.pk):
            asking = asyncio.create_task(take_turn(member=asker, new=new))
            await until(lambda: running.count == 1)
            draining = asyncio.create_task(Lifetime().drain(LONG))
            await asyncio.sleep(0.1)
            assert not draining.done()
        await asyncio.wait_for(draining, 30)

        await asking
        assert (await row(new.turn_id)).status == "complete"

    async def test_ends_what_still_runs_as_interrupted_with_its_text(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        simulator.outage("openai", ENDLESS)
        reply = await taken(asker, asked(thread))
        await until(lambda: reply.text != "")

        await Lifetime().drain(SHORT)

        stored = await row(reply.turn_id)
        assert (stored.status, stored.error_code) == ("interrupted", "interrupted")
        assert stored.reply == reply.text != ""

    async def test_does_not_wait_when_it_is_told_to_hurry(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        simulator.outage("openai", ENDLESS)
        reply = await taken(asker, asked(thread))
        process = Lifetime()
        draining = asyncio.create_task(process.drain(LONG))
        await until(lambda: running.draining)

        process.hurry()
        await asyncio.wait_for(draining, 30)

        assert (await row(reply.turn_id)).status == "interrupted"

    def test_is_over_before_whoever_sent_the_signal_loses_patience(self):
        waited = {
            signal.SIGINT: DRAIN_SECONDS[signal.SIGINT],
            signal.SIGTERM: DRAIN_SECONDS_OTHERWISE,
        }
        assert {number: patience.all_s for number, patience in PATIENCE.items()} == waited
        assert all(patience.replies_s + 2 == patience.all_s for patience in PATIENCE.values())


class TestTooMuch:
    async def test_to_do_is_said_before_anything_is_accepted(
        self, asker: Member, thread: Thread, simulator: Simulator, monkeypatch
    ):
        simulator.outage("openai", ENDLESS)
        monkeypatch.setattr(services, "MOST_RUNNING", 1)
        reply = await taken(asker, asked(thread))

        with pytest.raises(Refused) as refused:
            await take_turn(member=asker, new=asked(thread))

        running.stop(reply.turn_id)
        await reply.ended.wait()
        assert (refused.value.code, refused.value.status) == ("busy", 429)
        assert await asyncio.to_thread(_count, thread) == 1

    async def test_that_waits_for_the_database_is_said_too(
        self, asker: Member, thread: Thread, monkeypatch
    ):
        monkeypatch.setattr(services, "MOST_QUEUED", 0)

        with pytest.raises(Refused) as refused:
            await take_turn(member=asker, new=asked(thread))

        assert refused.value.code == "busy"


def _count(thread: Thread) -> int:
    try:
        return thread.turns.count()
    finally:
        connection.close()
