"""When does a process begin to tell, and when is it silent again?"""

import asyncio
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown

from chatcore.turns.signals import turn_finished, web_begins, web_ends
from observability.telemetry import gauges, libraries, outlet, turns


def connect() -> None:
    """Follow this process's life; before Django builds its middleware."""
    libraries.instrument()
    turn_finished.connect(_on_turn_finished, dispatch_uid="observability.telemetry")
    web_begins.connect(_on_web_begins, dispatch_uid="observability.telemetry")
    web_ends.connect(_on_web_ends, dispatch_uid="observability.telemetry")
    worker_process_init.connect(_on_worker_begins, weak=False)
    worker_process_shutdown.connect(_on_worker_ends, weak=False)
    worker_shutdown.connect(_on_worker_ends, weak=False)


async def _on_turn_finished(*, finished: Any, **kwargs: Any) -> None:
    turns.tell(finished)


async def _on_web_begins(**kwargs: Any) -> None:
    outlet.open_outlet("web")
    gauges.begin()


async def _on_web_ends(**kwargs: Any) -> None:
    gauges.end()
    await asyncio.to_thread(outlet.close_outlet)


def _on_worker_begins(**kwargs: Any) -> None:
    outlet.open_outlet("worker")


def _on_worker_ends(**kwargs: Any) -> None:
    outlet.close_outlet()
