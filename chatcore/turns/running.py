"""Keeps the turns that this process runs."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from chatcore.replies.reply import Reply


class RunningTurns:
    """The turns that this process runs."""

    def __init__(self) -> None:
        self.replies: dict[UUID, Reply] = {}
        self.stopping: set[UUID] = set()
        self.draining = False
        """The process ends: it takes no new turn."""
        self._accepting: set[UUID] = set()
        self._accepts: set[asyncio.Task[Any]] = set()
        self._tasks: dict[UUID, asyncio.Task[Any]] = {}
        self._ending: set[UUID] = set()

    @contextmanager
    def accepting(self, turn_id: UUID) -> Iterator[None]:
        """While a turn is written down; it starts before this block ends."""
        self._accepting.add(turn_id)
        try:
            yield
        finally:
            self._accepting.discard(turn_id)

    def start(self, reply: Reply, life: Coroutine[Any, Any, object]) -> None:
        """Set a turn going; the task lives here, whatever becomes of who asked."""
        self.replies[reply.turn_id] = reply
        task = asyncio.create_task(life)
        self._tasks[reply.turn_id] = task
        task.add_done_callback(lambda _: self._gone(reply.turn_id))

    def ending(self, reply: Reply) -> None:
        """Note that its last write has begun: it can no longer be stopped or lost."""
        self._ending.add(reply.turn_id)

    def is_ending(self, turn_id: UUID) -> bool:
        """Whether its last write is under way."""
        return turn_id in self._ending

    def forget(self, reply: Reply) -> None:
        """Note that it has ended. Whoever listens may still be told; a drain waits for that."""
        self.replies.pop(reply.turn_id, None)

    def _gone(self, turn_id: UUID) -> None:
        self._tasks.pop(turn_id, None)
        self.stopping.discard(turn_id)
        self._ending.discard(turn_id)

    def stop(self, turn_id: UUID) -> None:
        """End a turn's work, if it runs here."""
        if turn_id in self._tasks and turn_id not in self.stopping:
            self.stopping.add(turn_id)
            self.lose(turn_id)

    def lose(self, turn_id: UUID) -> None:
        """Give a turn up that somebody else has ended."""
        # Soon, not now: a task cancelled before its first step would never end its turn.
        asyncio.get_running_loop().call_soon(self._cancel, turn_id)

    def _cancel(self, turn_id: UUID) -> None:
        task = self._tasks.get(turn_id)
        if task is not None and not self.is_ending(turn_id):
            task.cancel()

    def earlier_in_thread(self, reply: Reply) -> Reply | None:
        """The turn before this one in its thread, if it runs here."""
        before = None
        for other in self.replies.values():
            if other is reply:
                break
            if other.thread_id == reply.thread_id:
                before = other
        return before

    def unfinished(self) -> set[UUID]:
        """Those whose last write has not begun."""
        return set(self.replies) - self._ending

    def knows(self, turn_id: UUID) -> bool:
        """Whether it runs here, or is just being accepted."""
        return turn_id in self.replies or turn_id in self._accepting

    def accept(self, task: "asyncio.Task[Any]") -> None:
        """A task that accepts a turn, which may run soon: a drain waits for it too."""
        self._accepts.add(task)
        task.add_done_callback(self._accepts.discard)

    @property
    def count(self) -> int:
        """Turns that run, and those that are being accepted."""
        return len(self._tasks) + len(self._accepts)

    def cut(self) -> None:
        """End every turn that runs, as interrupted and with its text."""
        for turn_id in self._tasks:
            self.lose(turn_id)

    async def drain(self) -> None:
        """Take no new turn, and wait until every running one has ended."""
        self.draining = True
        while under_way := [*self._accepts, *self._tasks.values()]:
            await asyncio.wait(under_way)


running = RunningTurns()
