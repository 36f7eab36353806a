"""Counts what a socket was sent and its client has not taken in, which bounds a slow reader.

Servers and proxies buffer without telling us, so the client's own acks are what counts.
"""

import asyncio
from collections import deque
from uuid import UUID

LIMIT = 256 * 1024


class Window:
    """The unacknowledged characters of one socket."""

    def __init__(self) -> None:
        self._sent: dict[UUID, deque[tuple[int, int]]] = {}
        self._unacknowledged = 0
        self._overdrawn = False
        self.changed = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether deltas may be sent."""
        return self._unacknowledged <= LIMIT

    def overdraw(self) -> bool:
        """Whether one snapshot may be sent to a closed window, so that a reply can end."""
        may, self._overdrawn = not self._overdrawn, True
        return may

    def sent(self, turn: UUID, seq: int, size: int) -> None:
        """Note that a frame went out."""
        self._sent.setdefault(turn, deque()).append((seq, size))
        self._unacknowledged += size

    def acknowledge(self, turn: UUID, seq: int) -> None:
        """Note that the client has taken in everything of a turn up to a position."""
        frames = self._sent.get(turn)
        while frames and frames[0][0] <= seq:
            self._unacknowledged -= frames.popleft()[1]
        if frames is not None and not frames:
            del self._sent[turn]
        if self.is_open:
            self._overdrawn = False
            self.changed.set()
