"""Keeps the turns that this process is writing."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from chatcore.replies.reply import Checkpoint, Reply


class RunningTurns:
    """The turns that this process is writing."""

    def __init__(self) -> None:
        self.replies: dict[UUID, Reply] = {}
        self.stopping: set[UUID] = set()
        self.draining = False
        """The process ends: it takes no new turn."""
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._ending: set[UUID] = set()
        self._accepting: set[asyncio.Task[Any]] = set()

    def start(self, reply: Reply, life: Coroutine[Any, Any, None]) -> None:
        """Set a turn going; the task lives here, whatever becomes of who asked."""
        self.replies[reply.turn_id] = reply
        task = asyncio.create_task(life)
        self._tasks[reply.turn_id] = task
        task.add_done_callback(lambda _: self._gone(reply.turn_id))

    def ending(self, reply: Reply) -> None:
        """Its last write has begun: from here on it can no longer be stopped or lost."""
        self._ending.add(reply.turn_id)

    def is_ending(self, turn_id: UUID) -> bool:
        """Whether its last write is under way."""
        return turn_id in self._ending

    def forget(self, reply: Reply) -> None:
        """It has ended; whoever listens may still be told so, and a drain waits for that."""
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
        """Give a turn up whose lease went to somebody else."""
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

    def checkpoints(self) -> list[Checkpoint]:
        """How far each has come."""
        return [reply.checkpoint() for reply in self.replies.values()]

    def accept(self, task: "asyncio.Task[Any]") -> None:
        """A task that accepts a turn, which may run soon: a drain waits for it too."""
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    @property
    def count(self) -> int:
        """Turns that run, and those that are being accepted."""
        return len(self._tasks) + len(self._accepting)

    def cut(self) -> None:
        """End every turn that runs, as interrupted and with its text."""
        for turn_id in self._tasks:
            self.lose(turn_id)

    async def drain(self) -> None:
        """Take no new turn, and wait until every running one has ended."""
        self.draining = True
        while under_way := [*self._accepting, *self._tasks.values()]:
            await asyncio.wait(under_way)


running = RunningTurns()
