"""Runs database look-ups for the event loop, outside the writer's transactions and beside them."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.db import OperationalError, close_old_connections

from chatcore.conf.postgresql import WAIT_S
from chatcore.db.errors import LOST, connection_died, is_out_of_reach
from chatcore.db.pool import start_anew

T = TypeVar("T")


class Reader:
    """Two threads that look things up."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reader")
        self._away = False
        """The last look-up got no connection."""

    async def run(self, job: Callable[[], T]) -> T:
        """Run a sync look-up; once more where its connection had died.

        While the database is away, it raises OperationalError after twice `WAIT_S` at the latest,
        however many others wait.
        """
        asked_at = time.monotonic()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, copy_context().run, self._look, job, asked_at
        )

    def _look(self, job: Callable[[], T], asked_at: float) -> T:
        if self._away and time.monotonic() > asked_at + WAIT_S:
            raise OperationalError("the database is away, and others wait for it already")
        try:
            found = self._twice(job)
        except LOST as error:
            self._away = is_out_of_reach(error)
            raise
        finally:
            close_old_connections()
        self._away = False
        return found

    def _twice(self, job: Callable[[], T]) -> T:
        try:
            return job()
        except LOST as error:
            if not connection_died(error):
                raise
            start_anew()
            return job()


read = Reader().run
