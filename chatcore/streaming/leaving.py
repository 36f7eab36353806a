"""Tells those who wait inside a request that the process ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any

_waiting: "set[asyncio.Future[None]]" = set()


def all_leave() -> None:
    """Whoever waits now waits no longer."""
    for waiting in _waiting:
        if not waiting.done():
            waiting.set_result(None)


async def in_time(wanted: Coroutine[Any, Any, object], *others: "asyncio.Task[Any]") -> bool:
    """Wait for something, but not beyond the end of the process, nor of any of the `others`.

    False when it was given up. Raises what it raised.
    """
    task = asyncio.create_task(wanted)
    leave = asyncio.get_running_loop().create_future()
    _waiting.add(leave)
    try:
        await asyncio.wait({task, leave, *others}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        return task.done()
    finally:
        _waiting.discard(leave)
        leave.cancel()
        task.cancel()
