"""What lives as long as the web process: the keeper's loop, and at the end the draining of replies."""

import asyncio

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.maintenance.probing import prober
from chatcore.streaming.websocket import RESTARTING, open_sockets
from chatcore.turns.heartbeat import keep_turns, leave
from chatcore.turns.reply_cache import reply_cache
from chatcore.turns.running import running
from chatcore.turns.signals import web_begins, web_ends
from routing.providers.http import aclose_all
from routing.services import snapshot

LAST_WORDS_S = 2.0
"""How long answers that are complete may take to go out."""


class Lifetime:
    """From the first connection to the last reply."""

    def __init__(self) -> None:
        self._keeping: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self.answering: set[asyncio.Task[None]] = set()
        """The plain routes' requests that are being answered."""

    def begin(self) -> None:
        """Start what runs in the background; servers without lifespans call it by their first request."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())
            self._probing = asyncio.create_task(prober.run())

    async def _keep(self) -> None:
        await web_begins.asend_robust("chatcore")
        # Stores new keys of the environment, too. Where it fails, /readyz and each message try again.
        await asyncio.gather(read(snapshot.refresh), return_exceptions=True)
        await keep_turns()

    async def end(self) -> None:
        """Let the running replies end and go out, then close what is open."""
        await running.drain()
        if self.answering:
            await asyncio.wait(self.answering, timeout=LAST_WORDS_S)
        for socket in list(open_sockets):
            await socket.close(RESTARTING)
        if self._keeping is not None and self._probing is not None:
            self._keeping.cancel()
            self._probing.cancel()
            self._keeping = self._probing = None
        await web_ends.asend_robust("chatcore")
        await leave()
        await aclose_all()
        await reply_cache.aclose()
        await asyncio.to_thread(writer.close)


lifetime = Lifetime()
