"""The websocket of one thread: frames in, frames out. The only module that knows the socket.

A reply is never awaited here: following it is a task of its own, and closing the socket ends the
following, not the reply.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any, assert_never
from uuid import UUID

from channels.consumer import AsyncConsumer
from django.core.handlers.asgi import ASGIRequest

from chatcore.errors import BadFrame, ChatError, Denied
from chatcore.identity.last_known import LastKnown
from chatcore.identity.members import Member
from chatcore.identity.request_auth import check_origin, member_of, request_of
from chatcore.replies import frames
from chatcore.replies.flow_control import Window
from chatcore.replies.frames import Ack, Ask, ClientFrame, Edit, Resume, Retry, Stop
from chatcore.replies.reply import Reply
from chatcore.services import stop_turn, take_turn
from chatcore.streaming.asgi_http import Receive, Scope, Send, as_told
from chatcore.streaming.following import send_reply
from chatcore.streaming.relay import find_reply
from chatcore.turns.data import NewTurn, new_turn
from chatcore.turns.lookup import may_see_thread
from chatcore.turns.running import running

logger = logging.getLogger(__name__)
SIGNED_OUT, NOT_FOUND = 4401, 4404
COME_AGAIN = 4503
"""The server restarts, or something broke: a new socket may do. 1012 and 1011 would be the standard's
own, but daphne may send only 1000 and 3000-4999."""
REFUSED = 1000
"""Before a socket is accepted, a server answers 403 whatever the code."""
open_sockets: "set[ThreadConsumer]" = set()
_visible: LastKnown[bool] = LastKnown()


class ThreadConsumer(AsyncConsumer):  # type: ignore[misc]  # channels ships no types
    """One browser tab, looking at one thread.

    A consumer that reads its frames itself: Channels' own loop costs a task and a hop to another
    thread for each frame, and does not call `disconnect` after an error.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From the handshake to the end, whoever ends it."""
        self._send_event = send
        self._accepted = self._closed = False
        self._window = Window()
        self._following: dict[UUID, asyncio.Task[None]] = {}
        self._thread_id: UUID = scope["url_route"]["kwargs"]["thread_id"]
        self.ended = asyncio.Event()
        await receive()  # websocket.connect
        try:
            self._request: ASGIRequest = request_of(scope)
            check_origin(self._request)
        except Denied as denied:
            logger.warning("A websocket was refused. %s", str(denied))
            await self.close(REFUSED)
            return
        open_sockets.add(self)
        try:
            await self._live(receive)
        except OSError:  # uvicorn's word for a client that has left
            await self.close(COME_AGAIN)
        except Exception as error:
            await self._break_off(error)
        finally:
            open_sockets.discard(self)
            following = list(self._following.values())
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
            self.ended.set()

    async def close(self, code: int) -> None:
        """End the socket, once; whoever has left already does not mind."""
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):
            await self._send_event({"type": "websocket.close", "code": code})

    async def _live(self, receive: Receive) -> None:
        await self._send_event({"type": "websocket.accept"})
        self._accepted = True
        await self._member_or_close()
        while not self._closed:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                self._closed = True
            else:
                await self._take_in(event.get("text") or event.get("bytes") or b"")

    async def _take_in(self, raw: str | bytes) -> None:
        member = await self._member_or_close()
        if member is None:
            return
        try:
            frame = frames.decode(raw)
        except BadFrame as error:
            await self._say_error(error)
            return
        about = {name: getattr(frame, name) for name in ("id", "turn") if hasattr(frame, name)}
        try:
            await self._obey(member, frame)
        except OSError:
            raise
        except Exception as error:
            await self._say_error(as_told(error), **about)

    async def _member_or_close(self) -> Member | None:
        """Who is signed in; asked anew for every frame, so that a sign-out acts on open sockets."""
        member = await member_of(self._request)
        if member is None:
            await self.close(SIGNED_OUT)
            return None
        if not await self._sees_thread(member):
            # They may have changed the organisation since they were last looked up.
            member = await member_of(self._request, anew=True)
            if member is None or not await self._sees_thread(member):
                await self.close(NOT_FOUND)
                return None
        return member

    async def _sees_thread(self, member: Member) -> bool:
        thread = self._thread_id
        key = (member.user_id, member.organisation_id, thread)
        return await _visible.get(key, lambda: may_see_thread(member=member, thread_id=thread))

    async def _may_see(self) -> bool:
        return await self._member_or_close() is not None

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
                await stop_turn(member=member, turn_id=turn)
            case Resume(turn, after):
                self._follow(self._running_here(turn) or await find_reply(member, turn), after)
            case Ack(turn, seq):
                self._window.acknowledge(turn, seq)
            case _:
                assert_never(frame)

    async def _take(self, member: Member, new: NewTurn) -> None:
        accepted, reply = await take_turn(member=member, new=new)
        extra: dict[str, Any] = {"replaces": accepted.replaces} if accepted.replaces else {}
        await self._send(
            frames.encode(
                "accepted",
                id=new.client_id,
                turn=accepted.turn_id,
                seq=0,
                duplicate=accepted.duplicate,
                **extra,
            )
        )
        if accepted.turn_id not in self._following:
            self._follow(reply or await find_reply(member, accepted.turn_id), 0)

    def _running_here(self, turn: UUID) -> Reply | None:
        """A running reply of this thread, which its member may see: no question to the database."""
        reply = running.replies.get(turn)
        return reply if reply and reply.thread_id == self._thread_id else None

    async def _say_error(self, error: ChatError, **about: UUID | None) -> None:
        """Refuse a frame; `about` repeats its id and turn, so that the client knows which."""
        await self._send(frames.encode("error", code=error.code, message=str(error), **about))

    async def _send(self, frame: str) -> None:
        if self._accepted and not self._closed:
            await self._send_event({"type": "websocket.send", "text": frame})

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
        try:
            await send_reply(reply, after, self._window, send=self._send, may_see=self._may_see)
        except OSError:
            pass
        except Exception as error:
            await self._break_off(error)

    async def _break_off(self, error: Exception) -> None:
        """Say what is wrong and end the socket: nobody waits at one that has fallen silent."""
        with suppress(OSError):
            await self._say_error(as_told(error))
        await self.close(COME_AGAIN)
