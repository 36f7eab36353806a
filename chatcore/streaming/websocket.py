"""The websocket of one thread: frames in, frames out. The only room that knows the socket.

A reply is never awaited here: following it is a task of its own, and closing the socket ends the
following, not the reply.
"""

import asyncio
import time
from typing import Any, assert_never
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from chatcore.db.reader import read
from chatcore.errors import BadFrame, ChatError, Denied
from chatcore.identity.members import Member
from chatcore.identity.request_auth import REMEMBERED_S, check_origin, member_of, request_of
from chatcore.replies import frames
from chatcore.replies.flow_control import Window
from chatcore.replies.frames import Ack, Ask, ClientFrame, Edit, Resume, Retry, Stop
from chatcore.replies.reply import Reply
from chatcore.services import stop_turn, take_turn
from chatcore.streaming.relay import find_reply
from chatcore.turns import turn_store
from chatcore.turns.data import NewTurn, new_turn

SIGNED_OUT, NOT_FOUND = 4401, 4404
RESTARTING = 4503
"""1012 would be the standard's own, but daphne may send only 1000 and 3000-4999."""
open_sockets: "set[ThreadConsumer]" = set()


class ThreadConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One browser tab, looking at one thread."""

    async def connect(self) -> None:
        self._window = Window()
        self._thread_checked_until = 0.0
        self._following: dict[UUID, asyncio.Task[None]] = {}
        self._thread_id: UUID = self.scope["url_route"]["kwargs"]["thread_id"]
        try:
            self._request = request_of(self.scope)
            check_origin(self._request)
        except Denied:
            await self.close()
            return
        await self.accept()
        open_sockets.add(self)
        await self._member_or_close()

    async def disconnect(self, code: int) -> None:
        open_sockets.discard(self)
        for task in self._following.values():
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        member = await self._member_or_close()
        if member is None:
            return
        try:
            frame = frames.decode(text_data or bytes_data or b"")
        except BadFrame as error:
            await self._say_error(error.code, str(error))
            return
        about = {name: getattr(frame, name) for name in ("id", "turn") if hasattr(frame, name)}
        try:
            await self._obey(member, frame)
        except ChatError as error:
            await self._say_error(error.code, str(error), **about)

    async def _member_or_close(self) -> Member | None:
        """Who is signed in; asked anew for every frame, so that a sign-out acts on open sockets."""
        member = await member_of(self._request)
        if member is None:
            await self.close(SIGNED_OUT)
            return None
        if time.monotonic() > self._thread_checked_until:
            if not await self._sees_thread(member):
                # They may have changed the organisation since they were last looked up.
                member = await member_of(self._request, anew=True)
                if member is None or not await self._sees_thread(member):
                    await self.close(NOT_FOUND)
                    return None
            self._thread_checked_until = time.monotonic() + REMEMBERED_S
        return member

    async def _sees_thread(self, member: Member) -> bool:
        thread_id = self._thread_id
        return await read(lambda: turn_store.may_see_thread(member, thread_id))

    async def _obey(self, member: Member, frame: ClientFrame) -> None:
        thread = self._thread_id
        match frame:
            case Ask(id, text):
                text = frames.check_prompt(text)
                await self._take(member, new_turn(thread, id, kind="ask", text=text))
            case Edit(turn, id, text):
                text = frames.check_prompt(text)
                await self._take(member, new_turn(thread, id, kind="edit", text=text, target=turn))
            case Retry(turn, model, id):
                await self._take(
                    member, new_turn(thread, id, kind="retry", target=turn, wanted=model or "")
                )
            case Stop(turn):
                await stop_turn(member, turn)
            case Resume(turn, after):
                self._follow(await find_reply(member, turn), after)
            case Ack(turn, seq):
                self._window.acknowledge(turn, seq)
            case _:
                assert_never(frame)

    async def _take(self, member: Member, new: NewTurn) -> None:
        accepted, reply = await take_turn(member, new)
        extra: dict[str, Any] = {"replaces": accepted.replaces} if accepted.replaces else {}
        await self.send(
            frames.encode(
                "accepted",
                id=accepted.client_id,
                turn=accepted.turn_id,
                seq=0,
                duplicate=accepted.duplicate,
                **extra,
            )
        )
        if accepted.turn_id not in self._following:
            self._follow(reply or await find_reply(member, accepted.turn_id), 0)

    async def _say_error(self, code: str, message: str, **about: UUID | None) -> None:
        """Refuse a frame; `about` repeats its id and turn, so that the client knows which."""
        await self.send(frames.encode("error", code=code, message=message, **about))

    def _follow(self, reply: Reply, after: int) -> None:
        """From a position on; a following of the same turn that went on here ends."""
        if before := self._following.pop(reply.turn_id, None):
            before.cancel()
        task = asyncio.create_task(self._send_reply(reply, after))
        self._following[reply.turn_id] = task
        task.add_done_callback(lambda done: self._forget(reply.turn_id, done))

    def _forget(self, turn: UUID, task: asyncio.Task[None]) -> None:
        if self._following.get(turn) is task:
            del self._following[turn]

    async def _send_reply(self, reply: Reply, after: int) -> None:
        follower = reply.follow(after)
        try:
            while not follower.finished:
                await follower.news.wait()
                if await self._member_or_close() is None:  # signed out meanwhile
                    return
                if self._window.is_open:
                    due = follower.take()
                else:
                    await self._until_open(reply)
                    due = follower.take_snapshot()
                for seq, frame in due:
                    self._window.sent(reply.turn_id, seq, len(frame))
                    await self.send(frame)
        except OSError:  # uvicorn's word for a client that has left
            pass
        finally:
            reply.leave(follower)

    async def _until_open(self, reply: Reply) -> None:
        """Until the client has caught up, or the reply has ended and may be sent whole, once."""
        while not self._window.is_open:
            self._window.changed.clear()
            if reply.ended.is_set() and self._window.overdraw():
                return
            waits = [asyncio.create_task(self._window.changed.wait())]
            if not reply.ended.is_set():
                waits.append(asyncio.create_task(reply.ended.wait()))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
