"""Runs the simulator as a program of its own."""

import asyncio
import signal
from collections.abc import Callable

from routing.simulator.server import serve


def run(host: str, port: int, say: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM; `say` gets one line with the address once it listens.

    Raises OSError: the port is taken or the host is not ours.
    """
    asyncio.run(_run(host, port, say))


async def _run(host: str, port: int, say: Callable[[str], object]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serve(port, host) as simulator:
        say(f"Simulator at {simulator.url}")
        await stopped.wait()
