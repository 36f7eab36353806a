"""Runs database look-ups for the event loop, outside the writer's transactions and beside them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.db import close_old_connections

from chatcore.db.errors import LOST

T = TypeVar("T")
_readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reader")


async def read(job: Callable[[], T]) -> T:
    """Run a sync look-up on a reader thread; once more where its connection had died."""

    def run() -> T:
        try:
            return job()
        except LOST:  # a pooled connection that died meanwhile: a fresh one, once
            close_old_connections()
            return job()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_readers, copy_context().run, run)
