"""Turns over plain HTTP: asked for with POST, followed as server-sent events, or awaited as JSON.

Plain ASGI beside Django, because a Django view costs more than the whole rest of a turn; what that
bypasses, `chatcore.identity.request_auth` repeats.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
from django.core.handlers.asgi import ASGIRequest

from chatcore.db.reader import read
from chatcore.errors import LEAVING, Denied, Refused
from chatcore.identity.members import Member
from chatcore.identity.request_auth import admit, member_of, request_of
from chatcore.models import Turn
from chatcore.replies import frames
from chatcore.replies.outcome import Outcome
from chatcore.replies.reply import Follower, Reply
from chatcore.services import stop_turn, take_turn
from chatcore.streaming.asgi_http import (
    HEADERS,
    Receive,
    Scope,
    Send,
    as_told,
    read_body,
    send_json,
)
from chatcore.streaming.leaving import in_time
from chatcore.streaming.relay import find_reply
from chatcore.turns.data import new_turn
from chatcore.turns.lookup import look_up
from chatcore.turns.turn_json import turn_json

COMMENT_EVERY_S = 15.0


class AskBody(msgspec.Struct, forbid_unknown_fields=True):
    """What POST /api/threads/<id>/turns/ takes."""

    id: UUID
    text: str


async def post_turn(scope: Scope, receive: Receive, send: Send, thread_id: UUID) -> None:
    """Ask; then the frames as they come, or the turn when it is done, as `Accept` says."""
    body = await read_body(receive)
    request = request_of(scope, body)
    member = await admit(request)
    asked = _decode(body)
    new = new_turn(
        thread_id,
        asked.id,
        kind="ask",
        text=frames.check_prompt(asked.text),
        source=member.source,
    )
    accepted, reply = await take_turn(member=member, new=new)
    reply = reply or await find_reply(member, accepted.turn_id)
    if "text/event-stream" in request.headers.get("Accept", ""):
        hello = frames.encode(
            "accepted",
            id=new.client_id,
            turn=accepted.turn_id,
            seq=0,
            duplicate=accepted.duplicate,
        )
        await _send_events(receive, send, request, reply, after=0, first=[(0, hello)])
    else:
        await _send_turn(send, member, reply)


async def get_events(scope: Scope, receive: Receive, send: Send, turn_id: UUID) -> None:
    """Follow a turn from `?after=` or `Last-Event-ID` on."""
    request = request_of(scope)
    member = await admit(request)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    after = query.get("after", [""])[0] or request.headers.get("Last-Event-ID", "0")
    if not (after.isascii() and after.isdecimal() and len(after) < 20):
        raise Denied(400, "bad_position", "`after` is a seq that a frame gave.")
    reply = await find_reply(member, turn_id)
    await _send_events(receive, send, request, reply, after=int(after), first=[])


async def post_stop(scope: Scope, receive: Receive, send: Send, turn_id: UUID) -> None:
    """Stop a turn; 204 whether or not it had ended by itself."""
    body = await read_body(receive)
    member = await admit(request_of(scope, body))
    await stop_turn(member=member, turn_id=turn_id)
    await send_json(send, 204, b"")


def _decode(body: bytes) -> AskBody:
    try:
        return msgspec.json.decode(body, type=AskBody)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Denied(
            400, "bad_request", f"The body is not what this takes: {error}"[:300]
        ) from None


async def _send_turn(send: Send, member: Member, reply: Reply) -> None:
    """The turn, once it has ended. Raises Refused when the process ends before."""
    if not await in_time(reply.ended.wait()):
        raise Refused("unavailable", LEAVING)
    turn: Turn = await read(lambda: look_up(member=member, turn_id=reply.turn_id))
    outcome = Outcome.of(turn)
    if outcome.status == "running":  # its end could not be stored
        outcome.fail("interrupted")
    if outcome.failed:
        failed = outcome.failed_fields(turn.pk)
        body: dict[str, Any] = {key: failed[key] for key in ("code", "message", "reference")}
        await send_json(send, 502, msgspec.json.encode(body))
    else:
        await send_json(send, 200, msgspec.json.encode(turn_json(turn)))


async def _send_events(
    receive: Receive,
    send: Send,
    request: ASGIRequest,
    reply: Reply,
    *,
    after: int,
    first: list[tuple[int, str]],
) -> None:
    """Server-sent events until the turn has ended, the client has left, or the process ends."""
    headers = [
        *HEADERS,
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    follower = reply.follow(after)
    leaving = asyncio.create_task(_until_left(receive))
    try:
        await _send_frames(send, first)
        await in_time(_pump(send, request, follower), leaving)
    except OSError:  # the client has left
        pass
    except Exception as error:
        told = as_told(error)
        frame = frames.encode("error", code=told.code, message=str(told), turn=reply.turn_id)
        await _send_frames(send, [(None, frame)])
    finally:
        leaving.cancel()
        reply.leave(follower)
    await send({"type": "http.response.body", "body": b""})


async def _pump(send: Send, request: ASGIRequest, follower: Follower) -> None:
    while not follower.finished:
        try:
            await asyncio.wait_for(follower.news.wait(), COMMENT_EVERY_S)
        except TimeoutError:
            await send({"type": "http.response.body", "body": b": \n\n", "more_body": True})
            continue
        if await member_of(request) is None:  # signed out meanwhile
            return
        await _send_frames(send, follower.take())


async def _send_frames(send: Send, due: Sequence[tuple[int | None, str]]) -> None:
    if due:
        body = "".join(_event(seq, frame) for seq, frame in due)
        await send({"type": "http.response.body", "body": body.encode(), "more_body": True})


def _event(seq: int | None, frame: str) -> str:
    """One event; an error has no place in the reply, and so no id."""
    place = "" if seq is None else f"id: {seq}\n"
    return f"event: {_type_of(frame)}\n{place}data: {frame}\n\n"


def _type_of(frame: str) -> str:
    """Every frame begins with its type: `{"type":"delta",...`."""
    return frame[9 : frame.index('"', 9)]


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
