"""The plain ASGI routes and the websocket open to those who may chat, at their own threads and turns."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from asgiref.testing import ApplicationCommunicator

from chatcore import asgi
from chatcore.db.writer import writer
from chatcore.models import Turn
from chatcore.turns.running import running
from tests.permissions.doors import STREAMS
from tests.permissions.knocking import Findings
from tests.permissions.site import Site, Visitor, furnish

ANSWER_S = 30
pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people() -> Iterator[Site]:
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
    if method == "websocket":
        return await _opens_socket(visitor, turn)
    _, _, answer = next(route for route in asgi.ROUTES if route[2].__name__ == name)
    row = turn.thread_id if name == "post_turn" else turn.pk
    assert row is not None
    body = json.dumps({"id": str(uuid4()), "text": "Hello!"}).encode()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await answer(scope, receive, send, row)

    scope = _scope("http", visitor, f"/{name}", method)
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": body})
    start = await communicator.receive_output(ANSWER_S)
    await communicator.wait(ANSWER_S)
    status = start["status"]
    assert status in {200, 204, 401, 403, 404, 502}, (visitor.name, door, status)
    return status not in {401, 403, 404}


async def _opens_socket(visitor: Visitor, turn: Turn) -> bool:
    scope = _scope("websocket", visitor, f"/ws/threads/{turn.thread_id}/", "")
    communicator = ApplicationCommunicator(asgi.websockets, scope)
    await communicator.send_input({"type": "websocket.connect"})
    assert (await communicator.receive_output(ANSWER_S))["type"] == "websocket.accept"
    await communicator.send_input({"type": "websocket.receive", "text": "no frame"})
    said = await communicator.receive_output(ANSWER_S)
    await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
    await communicator.wait(ANSWER_S)
    if said["type"] == "websocket.close":
        assert said["code"] in {4401, 4404}
        return False
    assert json.loads(said["text"])["code"] == "bad_frame"
    return True


def _scope(kind: str, visitor: Visitor, path: str, method: str) -> dict[str, Any]:
    """A connection with the visitor's cookies; a program's sends no Origin."""
    cookies = "; ".join(f"{name}={value.value}" for name, value in visitor.client.cookies.items())
    headers = [(b"host", b"testserver"), (b"cookie", f"{cookies}; csrftoken={CSRF}".encode())]
    headers.append((b"x-csrftoken", CSRF.encode()))
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": headers,
        "subprotocols": [],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    }


CSRF = "a" * 32
