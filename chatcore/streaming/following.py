"""Sends a reply over a websocket, as fast as its client takes it in."""

import asyncio
from collections.abc import Awaitable, Callable

from chatcore.replies.flow_control import Window
from chatcore.replies.reply import Reply


async def send_reply(
    reply: Reply,
    after: int,
    window: Window,
    *,
    send: Callable[[str], Awaitable[None]],
    may_see: Callable[[], Awaitable[bool]],
) -> None:
    """Everything of a reply that comes after a position, until its end or until `may_see` says no."""
    follower = reply.follow(after)
    try:
        while not follower.finished:
            await follower.news.wait()
            if not await may_see():  # signed out meanwhile
                return
            if window.is_open:
                due = follower.take()
            else:
                await _until_open(window, reply)
                due = follower.take_snapshot()
            for seq, frame in due:
                window.sent(reply.turn_id, seq, len(frame))
                await send(frame)
    finally:
        reply.leave(follower)


async def _until_open(window: Window, reply: Reply) -> None:
    """Until the client has caught up, or the reply has ended and may be sent whole, once."""
    while not window.is_open:
        window.changed.clear()
        if reply.ended.is_set() and window.overdraw():
            return
        waits = [asyncio.create_task(window.changed.wait())]
        if not reply.ended.is_set():
            waits.append(asyncio.create_task(reply.ended.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
