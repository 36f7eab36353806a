"""Measures how long ago a request came."""

import time

from django.utils import timezone


class Stopwatch:
    """When a request came, and how long ago that is."""

    def __init__(self) -> None:
        self.started_at = timezone.now()
        self._began = time.monotonic()

    def milliseconds(self) -> int:
        """Since the request came; whole ones, so that what is told of lies within what happened."""
        return int((time.monotonic() - self._began) * 1000)
