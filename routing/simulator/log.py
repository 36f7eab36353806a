"""Logs what was asked, what was really sent, and when the peer left."""

from collections import deque
from time import time

import msgspec

from routing.simulator.calls import Counts

KEPT = 20_000
SHORTEST_KEY_SHOWN = 8
"""A shorter key would be half given away by its last four characters."""


class Served(msgspec.Struct, kw_only=True):
    """What was sent; it grows while the reply does."""

    status: int | None = None
    """None until a status line was sent; it stays None for a refused connection."""
    text: str = ""
    deltas: int = 0
    usage: Counts | None = None
    """The tokens that were reported; None when the vendor's reply held no usage."""
    finish: str | None = None
    """None while no finish reason was sent."""
    cost_usd: float | None = None


class Entry(msgspec.Struct, kw_only=True):
    """One request to a vendor. Times are seconds since 1970; no key and no prompt is kept."""

    n: int
    at: float
    vendor: str
    method: str
    """POST for a call; GET for a look at the list of models."""
    path: str
    key_last_four: str | None
    model: str = ""
    stream: bool = False
    behaviour: str = ""
    messages: int = 0
    prompt_tokens: int = 0
    served: Served = msgspec.field(default_factory=Served)
    peer_left_at: float | None = None
    """When the peer closed, if it did so before the reply was done."""
    done_at: float | None = None


class CallLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def open(self, vendor: str, method: str, path: str, key: str) -> Entry:
        """A new entry for a request that has just come in; of the key only four characters stay."""
        self._count += 1
        shown = key[-4:] if len(key) >= SHORTEST_KEY_SHOWN else None
        entry = Entry(
            n=self._count,
            at=time(),
            vendor=vendor,
            method=method,
            path=path,
            key_last_four=shown,
        )
        self._entries.append(entry)
        return entry

    def entries(self) -> list[Entry]:
        return list(self._entries)

    def clear(self) -> None:
        self._entries.clear()
        self._count = 0
