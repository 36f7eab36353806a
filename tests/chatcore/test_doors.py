"""The streaming doors when something goes wrong inside them: they say so, close, and hold nothing."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.test import Client

from chatcore.asgi import application
from chatcore.identity import last_known
from chatcore.models import Turn, User
from chatcore.replies.reply import Reply
from chatcore.streaming import websocket
from chatcore.streaming.lifespan import lifetime
from chatcore.streaming.websocket import open_sockets
from chatcore.turns.processes import here
from chatcore.turns.running import running
from tests.factories import make_thread, make_turn

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]
HEADERS = [(b"host", b"localhost")]


class Connection:
    """One connection to the site, from its server's side: what comes in, and what went out."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.sent: list[dict[str, Any]] = []
        self.gone = False
        self._scope = scope
        self._coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._news = asyncio.Event()
        self.task = asyncio.create_task(application(scope, self._coming.get, self._send))

    async def _send(self, event: Any) -> None:
        if self.gone:
            raise ConnectionResetError("the client has left")
        self.sent.append(dict(event))
        self._news.set()

    def come(self, **event: Any) -> None:
        self._coming.put_nowait(event)

    def say(self, **frame: Any) -> None:
        self.come(type="websocket.receive", text=json.dumps(frame))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self._news.clear()
                await self._news.wait()

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(it["text"]) for it in self.sent if it["type"] == "websocket.send"]

    @property
    def closes(self) -> list[int]:
        return [it["code"] for it in self.sent if it["type"] == "websocket.close"]

    @property
    def body(self) -> str:
        return b"".join(it.get("body", b"") for it in self.sent).decode()


@pytest.fixture(autouse=True)
async def ended() -> AsyncIterator[None]:
    """What the first connection set going ends with the test."""
    yield
    await lifetime.end()
    here.start_anew()


@pytest.fixture
def cookie(alice: User) -> bytes:
    client = Client()
    client.force_login(alice)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={key}".encode()


@pytest.fixture
def turn(alice: User) -> Turn:
    made = make_turn(make_thread(alice), status="running", reply="so far")
    connection.close()
    return made


@pytest.fixture
def reply(turn: Turn):
    """A reply that is being written here."""
    made = Reply(turn_id=turn.pk, thread_id=turn.thread_id)
    made.append("first ")
    running.replies[turn.pk] = made
    yield made
    running.replies.pop(turn.pk, None)


def socket(turn: Turn, cookie: bytes) -> Connection:
    path = f"/ws/threads/{turn.thread_id}/"
    headers = [*HEADERS, (b"cookie", cookie)]
    made = Connection({"type": "websocket", "path": path, "headers": headers, "query_string": b""})
    made.come(type="websocket.connect")
    return made


class TestAWebsocket:
    async def test_is_closed_and_forgotten_when_its_follower_fails(
        self, turn: Turn, reply: Reply, cookie: bytes, monkeypatch
    ):
        tab = socket(turn, cookie)
        tab.say(type="resume", turn=str(turn.pk))
        await tab.until(lambda: tab.frames != [])

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(reply, "words_after", broken)
        reply.append("more")
        await tab.until(lambda: tab.closes != [])
        tab.come(type="websocket.disconnect", code=4503)
        await asyncio.wait_for(tab.task, 10)

        assert (tab.frames[-1]["type"], tab.frames[-1]["code"]) == ("error", "internal")
        assert tab.closes == [4503]
        assert open_sockets == set()

    async def test_says_unavailable_where_it_cannot_know_who_asks(
        self, turn: Turn, cookie: bytes, monkeypatch
    ):
        async def away(_: object) -> None:
            raise OperationalError("the database is away")

        monkeypatch.setattr(websocket, "member_of", away)
        tab = socket(turn, cookie)
        await asyncio.wait_for(tab.task, 10)

        assert [frame["code"] for frame in tab.frames] == ["unavailable"]
        assert tab.closes == [4503]
        assert open_sockets == set()

    async def test_goes_on_after_a_frame_that_failed(self, turn: Turn, cookie: bytes, monkeypatch):
        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(websocket, "find_reply", broken)
        tab = socket(turn, cookie)
        tab.say(type="resume", turn=str(turn.pk))
        tab.say(type="no such frame")
        await tab.until(lambda: len(tab.frames) == 2)
        tab.come(type="websocket.disconnect", code=1000)
        await asyncio.wait_for(tab.task, 10)

        assert [frame["code"] for frame in tab.frames] == ["internal", "bad_frame"]
        assert tab.closes == []

    async def test_is_forgotten_when_its_client_has_left_without_a_word(
        self, turn: Turn, reply: Reply, cookie: bytes
    ):
        tab = socket(turn, cookie)
        tab.say(type="resume", turn=str(turn.pk))
        await tab.until(lambda: tab.frames != [])
        tab.gone = True
        reply.append("more")
        tab.say(type="no such frame")
        await asyncio.wait_for(tab.task, 10)

        assert open_sockets == set()
        assert reply._followers == set()

    async def test_is_closed_once(self, turn: Turn, reply: Reply, cookie: bytes):
        tab = socket(turn, cookie)
        await tab.until(lambda: tab.sent != [])
        (consumer,) = open_sockets

        await asyncio.gather(consumer.close(4503), consumer.close(4401))
        tab.come(type="websocket.disconnect", code=4503)
        await asyncio.wait_for(tab.task, 10)

        assert tab.closes == [4503]


class TestEvents:
    def _follow(self, turn: Turn, cookie: bytes) -> Connection:
        headers = [*HEADERS, (b"cookie", cookie)]
        path = f"/api/turns/{turn.pk}/events"
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        return Connection({**scope, "query_string": b"", "scheme": "http"})

    async def test_end_with_an_error_when_something_fails_in_them(
        self, turn: Turn, reply: Reply, cookie: bytes, monkeypatch
    ):
        stream = self._follow(turn, cookie)
        await stream.until(lambda: stream.sent != [])

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(reply, "words_after", broken)
        reply.append("more")
        await asyncio.wait_for(stream.task, 10)

        assert "event: error\ndata: " in stream.body
        assert '"code":"internal"' in stream.body
        assert stream.sent[-1] == {"type": "http.response.body", "body": b""}
        assert reply._followers == set()

    async def test_bring_nothing_more_after_a_sign_out(
        self, turn: Turn, reply: Reply, cookie: bytes, monkeypatch
    ):
        monkeypatch.setattr(last_known, "FRESH_S", 0.0)
        stream = self._follow(turn, cookie)
        reply.append("before ")
        await stream.until(lambda: "before " in stream.body)
        await asyncio.to_thread(_sign_out, cookie)

        reply.append("after")
        await asyncio.wait_for(stream.task, 10)

        assert "after" not in stream.body

    async def test_that_cannot_begin_are_one_clear_error(
        self, turn: Turn, cookie: bytes, monkeypatch
    ):
        headers = [*HEADERS, (b"cookie", cookie)]
        path = f"/api/turns/{uuid.uuid4()}/events"
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        nowhere = Connection({**scope, "query_string": b"", "scheme": "http"})
        await asyncio.wait_for(nowhere.task, 10)

        assert nowhere.sent[0]["status"] == 404
        assert json.loads(nowhere.sent[1]["body"])["code"] == "not_found"


def _sign_out(cookie: bytes) -> None:
    SessionStore(cookie.decode().partition("=")[2]).delete()
    connection.close()
