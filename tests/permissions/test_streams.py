"""The plain ASGI routes and the websocket open to those who may chat, at their own threads and turns."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from chatcore import asgi
from chatcore.db.writer import writer
from chatcore.models import Turn
from chatcore.turns.running import running
from tests.connections import Socket, status_of
from tests.permissions.doors import STREAMS
from tests.permissions.knocking import Findings
from tests.permissions.site import Site, Visitor, furnish

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(shipped) -> Iterator[Site]:
    shipped()
    yield furnish()
    writer.close()  # its threads hold connections


class TestStreams:
    async def test_open_as_the_table_says(self, people):
        findings = Findings()
        for visitor in people.visitors:
            for door, need in STREAMS.items():
                opened = await _opens(door, visitor, visitor.turn or people.colleagues)
                findings.expect(" ".join(door), visitor, [need], opened=opened)
        await running.drain()
        running.draining = False

        assert findings.wrong == []

    async def test_hide_what_is_another_member_s_from_everybody(self, people):
        found = [
            (visitor.name, door)
            for visitor in people.visitors
            for door in STREAMS
            for turn in (people.colleagues, people.strangers)
            if await _opens(door, visitor, turn)
        ]

        assert found == []


async def _opens(door: tuple[str, str], visitor: Visitor, turn: Turn) -> bool:
    method, name = door
    assert turn.thread is not None
    if method == "websocket":
        socket = Socket(visitor.client, turn.thread)
        await socket.open()
        code = await socket.ask_nonsense()
        await socket.leave()
        assert code in {0, 4401, 4404}, (visitor.name, code)
        return code == 0
    answer = next(route[2] for route in asgi.ROUTES if route[2].__name__ == name)
    row = turn.thread_id if name == "post_turn" else turn.pk
    body = json.dumps({"id": str(uuid4()), "text": "Hello!"}).encode()
    status = await status_of(visitor.client, method, answer, row, body)
    assert status in {200, 204, 401, 403, 404, 502}, (visitor.name, door, status)
    return status not in {401, 403, 404}
