"""Limits how many calls this process makes to a deployment at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from routing.providers.errors import ConcurrencyLimit
from routing.services.snapshot_types import DeploymentFacts


class Slots:
    """One semaphore for each deployment that has a limit, in each event loop."""

    def __init__(self) -> None:
        self._by_loop: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[tuple[str, int], asyncio.Semaphore]
        ] = WeakKeyDictionary()

    @asynccontextmanager
    async def of(self, deployment: DeploymentFacts) -> AsyncIterator[None]:
        """Hold a slot of the deployment for the length of a call.

        Raises ConcurrencyLimit when none gets free within the deployment's first-token limit.
        """
        limit = deployment.max_concurrency
        if not limit:
            yield
            return
        semaphores = self._by_loop.setdefault(asyncio.get_running_loop(), {})
        slot = semaphores.setdefault((deployment.name, limit), asyncio.Semaphore(limit))
        try:
            async with asyncio.timeout(deployment.first_token_timeout_s):
                await slot.acquire()
        except TimeoutError:
            raise ConcurrencyLimit from None
        try:
            yield
        finally:
            slot.release()


slots = Slots()
"""This process's own."""
