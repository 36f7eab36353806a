"""Connections to the ASGI application from inside the process, with the cookies of a signed-in client."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.test import Client

from chatcore import asgi
from chatcore.models import Thread

ANSWER_S = 30
CSRF = "a" * 32


class Socket:
    """A websocket on a thread."""

    def __init__(self, client: Client, thread: Thread) -> None:
        scope = scope_of(client, "websocket", f"/ws/threads/{thread.pk}/", "")
        self._line = ApplicationCommunicator(asgi.watched_websocket, scope)

    async def open(self) -> None:
        """Connect; whether somebody may is found out behind the handshake."""
        await self._line.send_input({"type": "websocket.connect"})
        assert (await self._line.receive_output(ANSWER_S))["type"] == "websocket.accept"

    async def ask_nonsense(self) -> int:
        """Send what is no frame: 0 where that is answered, else the code that the socket closes with."""
        await self._line.send_input({"type": "websocket.receive", "text": "no frame"})
        said = await self._line.receive_output(ANSWER_S)
        if said["type"] == "websocket.close":
            return int(said["code"])
        assert json.loads(said["text"])["code"] == "bad_frame"
        return 0

    async def leave(self) -> None:
        """Close it from this side."""
        await self._line.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._line.wait(ANSWER_S)


async def status_of(client: Client, method: str, answer: Any, row: Any, body: bytes) -> int:
    """The status with which a plain route answers a request about a row."""
    scope = scope_of(client, "http", "/", method) | {"plain_route": (answer, row)}
    line = ApplicationCommunicator(asgi.watched_answer, scope)
    await line.send_input({"type": "http.request", "body": body})
    start = await line.receive_output(ANSWER_S)
    await line.wait(ANSWER_S)
    return int(start["status"])


def scope_of(client: Client, kind: str, path: str, method: str) -> dict[str, Any]:
    """A connection with the client's cookies, a CSRF token and, as a program's, no Origin."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()} | {"csrftoken": CSRF}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"host": "testserver", "cookie": cookie, "x-csrftoken": CSRF}
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    }
