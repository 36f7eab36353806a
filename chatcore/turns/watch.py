"""Tells which other processes are dead, by watching them with this process's own stopwatch.

Clocks jump, the database's too. So nobody is dead who was not watched for a while without a sign of
life. And what went by while nobody watched counts for nothing: then the database was away, or this
process stood still, and the others may have too.
"""

from collections.abc import Sequence
from uuid import UUID

from chatcore.models import ServerProcess
from chatcore.turns.processes import SILENT, here

LONGEST_GAP_S = 6.0
"""A longer pause between two looks means that nobody watched."""
SHORTLY_S = 6.0
"""Three beats of a web process: long enough where the address or the database's clock says the same."""


class Watch:
    """What was seen of the other processes so far."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")
        self._since: dict[tuple[UUID, int], float] = {}
        """(process, its beats) -> when that was seen first."""

    def dead(self, others: Sequence[ServerProcess], *, now: float) -> list[ServerProcess]:
        """Those of the others that are dead; `now` is in seconds of a monotonic clock."""
        known = self._since if now - self._looked_at <= LONGEST_GAP_S else {}
        self._looked_at = now
        self._since = {(row.pk, row.beats): known.get((row.pk, row.beats), now) for row in others}
        return [row for row in others if _is_dead(row, now - self._since[row.pk, row.beats])]


def _is_dead(row: ServerProcess, silent_s: float) -> bool:
    if silent_s >= SILENT.total_seconds():
        return True
    if row.kind != ServerProcess.Kind.WEB or silent_s < SHORTLY_S:
        return False
    is_predecessor = row.address != "" and row.address == here.address
    return is_predecessor or bool(row.late)  # type: ignore[attr-defined]  # `others` annotates it
