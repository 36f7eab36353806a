"""What lives as long as the web process: the keeper's loop, and at the end the draining of replies."""

import asyncio

from chatcore.database import writer
from chatcore.health import readiness
from chatcore.keeper import keep_turns
from chatcore.services import running
from routing.providers.http import aclose_all


class Lifetime:
    """From the first connection to the last reply."""

    def __init__(self) -> None:
        self._keeping: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start what runs in the background; servers without lifespans call it by their first request."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(keep_turns())

    async def end(self) -> None:
        """Let the running replies end, then close what is open."""
        readiness.draining = True
        await running.drain()
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        await aclose_all()
        await asyncio.to_thread(writer.close)


lifetime = Lifetime()
