"""Starts and stops telemetry with the web process or the worker."""

import asyncio
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown

from chatcore.turns.signals import turn_finished, web_begins, web_ends
from observability.telemetry import exporters, gauges, libraries, turn_spans


def connect() -> None:
    """Connect to the signals of this process; before Django builds its middleware."""
    libraries.instrument()
    turn_finished.connect(_on_turn_finished, dispatch_uid="observability.telemetry")
    web_begins.connect(_on_web_begins, dispatch_uid="observability.telemetry")
    web_ends.connect(_on_web_ends, dispatch_uid="observability.telemetry")
    worker_process_init.connect(_on_worker_begins, weak=False)
    worker_process_shutdown.connect(_on_worker_ends, weak=False)
    worker_shutdown.connect(_on_worker_ends, weak=False)


async def _on_turn_finished(*, finished: Any, **kwargs: Any) -> None:
    turn_spans.emit(finished)


async def _on_web_begins(**kwargs: Any) -> None:
    exporters.start("web")
    gauges.begin()


async def _on_web_ends(**kwargs: Any) -> None:
    gauges.end()
    await asyncio.to_thread(exporters.stop)


def _on_worker_begins(**kwargs: Any) -> None:
    exporters.start("worker")


def _on_worker_ends(**kwargs: Any) -> None:
    exporters.stop()
