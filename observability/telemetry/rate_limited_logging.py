"""Limits the log lines of a failing export to one in ten minutes of each kind."""

import logging
import time

EVERY_S = 600.0
LOGGERS = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.metrics._internal.export",
)
TRANSIENT = "Transient error"
"""How the line of a failure begins that is tried again; one that stays has a line of its own."""


class RateLimit(logging.Filter):
    """Lets each kind of record through at intervals, with how many were suppressed meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}
        self._suppressed: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = str(record.msg)
        if kind.startswith(TRANSIENT):
            return False
        now = time.monotonic()
        if now < self._next.get(kind, 0.0):
            self._suppressed[kind] = self._suppressed.get(kind, 0) + 1
            return False
        self._next[kind] = now + EVERY_S
        if missed := self._suppressed.pop(kind, 0):
            record.msg = f"{kind} ({missed} more since the last time)"
        return True


def install() -> None:
    """Put the filter on the exporters' loggers of this process."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, RateLimit) for one in logger.filters):
            logger.addFilter(RateLimit())
