"""How often does a failing export speak? Once, and then every ten minutes."""

import logging
import time

EVERY_S = 600.0
SPEAKERS = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
)
PASSING = "Transient error"
"""How a failure begins that is tried again; the one that stays is told by another record."""


class Seldom(logging.Filter):
    """Lets each kind of record through at intervals, with how many were kept back meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}
        self._kept_back: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = str(record.msg)
        if kind.startswith(PASSING):
            return False
        now = time.monotonic()
        if now < self._next.get(kind, 0.0):
            self._kept_back[kind] = self._kept_back.get(kind, 0) + 1
            return False
        self._next[kind] = now + EVERY_S
        if missed := self._kept_back.pop(kind, 0):
            record.msg = f"{kind} ({missed} more since the last time)"
        return True


def quieten() -> None:
    """From now on, in this process."""
    for name in SPEAKERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, Seldom) for one in logger.filters):
            logger.addFilter(Seldom())
