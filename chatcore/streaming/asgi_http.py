"""Reads a request's body and sends whole answers, for the plain ASGI routes."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from chatcore.errors import ChatError, Denied
from chatcore.replies.frames import MAX_MESSAGE_BYTES

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

RETRY_AFTER_S = 2
HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


async def read_body(receive: Receive) -> bytes:
    """The whole body, if it is not too large. Raises Denied."""
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Denied(400, "disconnected", "The request ended early.")
        body += bytes(event.get("body", b""))
        if len(body) > MAX_MESSAGE_BYTES:
            raise Denied(413, "too_large", "The request's body is too large.")
        if not event.get("more_body"):
            return body


async def send_error(send: Send, error: ChatError) -> None:
    """One clear error as JSON."""
    body = msgspec.json.encode({"code": error.code, "message": str(error)})
    await send_json(send, error.status, body)


async def send_json(send: Send, status: int, body: bytes) -> None:
    """A whole answer."""
    headers = [*HEADERS, (b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
