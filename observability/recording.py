"""Writes the records of many finished requests together, soon after they ended.

A web process gathers them and writes once a second, or when many wait; the end of the process waits
for the last ones. Elsewhere (a summary in the worker) they are written at once. What a kill or a
long outage of the database takes is rebuilt from the turns (`observability.reconcile`).
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from functools import partial
from itertools import islice

from chatcore.db.writer import writer
from chatcore.turns.signals import TurnFinished
from observability.log import log_turn, log_turns

logger = logging.getLogger(__name__)
EVERY_S = 1.0
TOGETHER = 200
"""Requests that are written in one go, at most; as many waiting do not wait for the clock."""
MOST_WAITING = 5_000
"""Kept while the database is away; some 4 KB each."""


class Recorder:
    """The requests that wait to be written by one process."""

    def __init__(self) -> None:
        self._waiting: deque[TurnFinished] = deque()
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._flushing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many requests wait to be written."""
        return len(self._waiting)

    def begin(self) -> None:
        """Start gathering, in the running loop."""
        self._some, self._many = asyncio.Event(), asyncio.Event()
        self._flushing = asyncio.Lock()
        self._writing = asyncio.create_task(self._write_for_ever())

    async def end(self) -> None:
        """Write what waits; from now on write at once."""
        if self._writing is None:
            return
        self._writing.cancel()
        self._writing = None
        await self._flush()
        if self._waiting:
            logger.error(
                "%d requests ended without a record; they are rebuilt from their turns",
                len(self._waiting),
            )
            self._waiting.clear()

    async def record(self, finished: TurnFinished) -> None:
        """Take a request that has ended, to be written soon."""
        if self._writing is None:
            await writer.run(lambda: log_turn(finished))
            return
        self._waiting.append(finished)
        self._some.set()
        if len(self._waiting) >= TOGETHER:
            self._many.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._many.wait(), EVERY_S)
            if not await self._flush():
                self._bound()
                await asyncio.sleep(EVERY_S)

    async def _flush(self) -> bool:
        """Write all that waits; False when the database would not have it."""
        async with self._flushing:
            while self._waiting:
                batch = list(islice(self._waiting, TOGETHER))
                try:
                    await writer.run(partial(log_turns, batch))
                except Exception:
                    logger.exception("%d requests are not recorded yet", len(self._waiting))
                    return False
                for _ in batch:
                    self._waiting.popleft()
            self._some.clear()
            self._many.clear()
            return True

    def _bound(self) -> None:
        dropped = 0
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            dropped += 1
        if dropped:
            logger.error("%d requests are rebuilt from their turns later", dropped)


recorder = Recorder()
