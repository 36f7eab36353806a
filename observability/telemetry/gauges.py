"""Gauges of the running web process: sockets, replies, records that wait, breakers, and the loop's lag."""

import asyncio
import time
from collections.abc import Iterable

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Histogram, Observation

from chatcore.streaming.websocket import open_sockets
from chatcore.turns.running import running
from observability.recording import recorder
from routing.services.health import health

LAG_EVERY_S = 0.5
LAG_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}

_measuring: list[asyncio.Task[None]] = []


def begin() -> None:
    """Register the gauges, and measure the lag of the running loop from now on."""
    meter = metrics.get_meter(__name__)
    meter.create_observable_gauge(
        "chatcore.open_sockets", [_sockets], "{socket}", "Websockets that are open here."
    )
    meter.create_observable_gauge(
        "chatcore.running_replies", [_replies], "{reply}", "Replies that are being written here."
    )
    meter.create_observable_gauge(
        "chatcore.records.queued",
        [_queued],
        "{request}",
        "Ended requests whose rows are not written.",
    )
    meter.create_observable_gauge(
        "chatcore.breaker.state",
        [_breakers],
        "1",
        "Of each deployment called from here: 0 closed, 1 half open, 2 open.",
    )
    lag = meter.create_histogram(
        "chatcore.event_loop.lag",
        "s",
        "How much later than it wanted the loop came back.",
        explicit_bucket_boundaries_advisory=LAG_SECONDS,
    )
    _measuring.append(asyncio.create_task(_measure(lag)))


def end() -> None:
    """Stop measuring the loop's lag."""
    for task in _measuring:
        task.cancel()
    _measuring.clear()


async def _measure(lag: Histogram) -> None:
    while True:
        wanted = time.monotonic() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        lag.record(max(0.0, time.monotonic() - wanted))


def _sockets(options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(len(open_sockets))


def _replies(options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(len(running.replies))


def _queued(options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(recorder.waiting)


def _breakers(options: CallbackOptions) -> Iterable[Observation]:
    for deployment, state in health.breaker_states().items():
        yield Observation(BREAKER_STATES[state], {"chatcore.deployment": deployment})
