"""What lives as long as the web process, and how it ends: replies first, then sockets, then stores."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

import msgspec

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.maintenance.probing import prober
from chatcore.streaming.leaving import all_leave
from chatcore.streaming.websocket import COME_AGAIN, open_sockets
from chatcore.turns.heartbeat import keep_turns, leave
from chatcore.turns.reply_cache import reply_cache
from chatcore.turns.running import running
from chatcore.turns.signals import web_begins, web_ends
from routing.providers.http import aclose_all
from routing.services import snapshot

logger = logging.getLogger(__name__)


class Patience(msgspec.Struct, frozen=True):
    """How long an end may take, in seconds from the signal on."""

    open_s: float
    """The port stays open for so long at least, so that a balancer sees that the process is not ready."""
    replies_s: float
    """Replies may go on for so long; what still runs is ended as interrupted, with its text."""
    all_s: float
    """By then everything has ended; whoever sent the signal kills us soon after."""


PATIENCE = {
    signal.SIGINT: Patience(open_s=0.0, replies_s=3.0, all_s=5.0),
    signal.SIGTERM: Patience(open_s=1.0, replies_s=23.0, all_s=25.0),
}
"""`scripts/run` and the units in docs/operations.md wait for as long as `all_s`."""
LAST_WORDS_S = 1.0
"""How long answers that are complete may take to go out."""

REST_S = 0.5
"""What the process itself needs, from then on."""
CLOSING_S = 1.0
"""How long each store may take to be closed; one that is away is not waited for."""


class Lifetime:
    """From the first connection to the last reply."""

    def __init__(self) -> None:
        self._background: list[asyncio.Task[None]] = []
        self._answering: set[asyncio.Task[object]] = set()
        """The requests over HTTP that are being answered."""
        self._hurry = asyncio.Event()
        self._over_at = float("inf")

    def begin(self) -> None:
        """Start what runs in the background; whatever comes first calls it."""
        if not self._background and not running.draining:
            self._background = [
                asyncio.create_task(self._keep()),
                asyncio.create_task(prober.run()),
            ]

    async def _keep(self) -> None:
        await web_begins.asend_robust("chatcore")
        # Stores new keys of the environment, too. Where it fails, /readyz and each message try again.
        await asyncio.gather(read(snapshot.refresh), return_exceptions=True)
        await keep_turns()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """The block answers a request, which the end of the process waits for."""
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            yield
        finally:
            self._answering.discard(task)

    def hurry(self) -> None:
        """Wait for no reply any more."""
        self._hurry.set()

    async def drain(self, patience: Patience) -> None:
        """Let the running replies end and go out, then the sockets; the port may be open meanwhile."""
        now = asyncio.get_running_loop().time
        began, self._over_at = now(), now() + patience.all_s
        await self._unless_hurried(running.drain(), patience.replies_s)
        await self._unless_hurried(
            asyncio.sleep(patience.open_s - (now() - began)), patience.open_s
        )
        running.cut()
        if not await _within(running.drain(), self._over_at - now() - LAST_WORDS_S):
            logger.error("%d replies could not be stored", len(running.replies))
        if self._answering:
            await asyncio.wait(self._answering, timeout=self._left(LAST_WORDS_S))
        all_leave()
        leaving = list(open_sockets)
        for socket in leaving:
            await socket.close(COME_AGAIN)
        ends = asyncio.gather(*(socket.ended.wait() for socket in leaving))
        await _within(ends, self._left(LAST_WORDS_S))

    async def _unless_hurried(self, wanted: Awaitable[object], limit_s: float) -> None:
        tasks = {asyncio.ensure_future(wanted), asyncio.ensure_future(self._hurry.wait())}
        await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _left(self, at_most_s: float) -> float:
        """How long something may still take."""
        left = self._over_at - asyncio.get_running_loop().time() - REST_S
        return max(0.1, min(at_most_s, left))

    async def end(self) -> None:
        """Close what is open, when the last connection has gone."""
        background, self._background = self._background, []
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if not await _within(web_ends.asend_robust("chatcore"), self._left(CLOSING_S)):
            logger.error("What listens to the end of the process did not come to one")
        if not await _within(leave(), self._left(CLOSING_S)):
            logger.error("The database did not take in that this process has ended")
        await aclose_all()
        await reply_cache.aclose()
        await asyncio.to_thread(writer.close, self._left(CLOSING_S))


async def _within(wanted: Awaitable[object], limit_s: float) -> bool:
    """Whether it happened in so many seconds; what did not is given up."""
    try:
        await asyncio.wait_for(wanted, max(0.0, limit_s))
    except TimeoutError:
        return False
    return True


lifetime = Lifetime()
