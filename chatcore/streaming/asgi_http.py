"""Reads a request's body and sends whole answers, for the plain ASGI routes."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from chatcore.db.errors import is_away
from chatcore.errors import AWAY, FAULT, RETRY_AFTER_S, ChatError, Denied
from chatcore.replies.frames import MAX_MESSAGE_BYTES

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

logger = logging.getLogger(__name__)
TRY_AGAIN = {429, 503}
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


def as_told(error: Exception) -> ChatError:
    """What whoever asked is told of an error, at every door; a fault of ours is logged."""
    if isinstance(error, ChatError):
        return error
    if is_away(error):
        logger.warning("The database does not answer: %s", error)
        return ChatError("unavailable", AWAY)
    logger.error("A request failed on our side", exc_info=error)
    return ChatError("internal", FAULT)


async def send_error(send: Send, error: ChatError) -> None:
    """One clear error as JSON."""
    body = msgspec.json.encode({"code": error.code, "message": str(error)})
    await send_json(send, error.status, body)


async def send_json(send: Send, status: int, body: bytes) -> None:
    """A whole answer."""
    headers = [*HEADERS, (b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status in TRY_AGAIN:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
