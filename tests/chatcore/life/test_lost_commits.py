"""A lost answer to a COMMIT is found out, not guessed: what is told is what is stored.

PostgreSQL's alone: SQLite's COMMIT is a call, whose answer cannot be lost.
"""

import asyncio
import json
from collections.abc import Iterator

import pytest
from django.db import connection

from chatcore.db.reader import read
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.services import take_turn
from chatcore.turns.processes import here
from routing import route as routes
from routing.simulator import Simulator
from tests.chatcore.life.commit_proxy import CommitProxy, commit_proxy
from tests.chatcore.life.world import asked, row, taken, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def proxy(thread: Thread) -> Iterator[CommitProxy]:
    assert connection.vendor == "postgresql", "these tests need a PostgreSQL"
    with commit_proxy() as between:
        yield between


class TestTheAnswerToAnAccept:
    async def test_may_be_lost_and_the_turn_runs_once(
        self, asker: Member, thread: Thread, proxy: CommitProxy, simulator: Simulator
    ):
        await here.ensure_registered()
        proxy.lose_next_answer()
        accepted, reply = await take_turn(member=asker, new=asked(thread))
        assert reply is not None
        await asyncio.wait_for(reply.ended.wait(), 20)

        stored = await read(Turn.objects.get)
        assert (proxy.lost, accepted.duplicate, stored.pk) == (1, False, accepted.turn_id)
        assert (stored.status, stored.reply) == ("complete", reply.text)
        assert [one.status for one in routes.load(stored.route).attempts] == ["ok"]
        assert len([entry for entry in simulator.log if entry.method == "POST"]) == 1

    async def test_may_be_lost_of_a_turn_that_waits(
        self, asker: Member, thread: Thread, proxy: CommitProxy, simulator: Simulator
    ):
        simulator.outage("openai", "ok-tokens40-pace25")
        first = await taken(asker, asked(thread))
        proxy.lose_next_answer()
        second = await taken(asker, asked(thread, "and now one that multiplies them"))
        for reply in (first, second):
            await asyncio.wait_for(reply.ended.wait(), 20)

        assert proxy.lost == 1
        assert {(await row(reply.turn_id)).status for reply in (first, second)} == {"complete"}


class TestTheAnswerToAnEnd:
    async def test_may_be_lost_and_the_turn_is_told_as_it_is_stored(
        self, asker: Member, thread: Thread, proxy: CommitProxy, simulator: Simulator
    ):
        simulator.outage("openai", "ok-tokens20-pace25")
        async with told() as heard:
            reply = await taken(asker, asked(thread))
            proxy.lose_next_answer()
            await asyncio.wait_for(reply.ended.wait(), 20)
            await until(lambda: bool(heard))

        assert reply.last_frame is not None
        frame = json.loads(reply.last_frame)
        assert (proxy.lost, frame["type"], frame["status"]) == (1, "done", "complete")
        assert (await row(reply.turn_id)).status == "complete"
        assert [one.status for one in heard] == ["complete"]
