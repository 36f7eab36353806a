"""Gives a row of a table to one worker at a time, by compare-and-set on one of its columns.

The column holds a moment. Until then the row is somebody's, or rests after a failure; afterwards, or
while it is NULL, it is free. Whoever took the row knows the moment that they wrote, and writes only
while it still stands there: a worker that was too slow changes nothing that is another's by now.

>>> CLAIMS = Claims(Thread, lasts=timedelta(minutes=10))
>>> if claim := CLAIMS.take(thread, now=now):
...     CLAIMS.release(claim, summary="...")
"""

from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
MOST_FAILURES = 1000
"""What is counted no further, long before a small integer's end."""


class Claim(msgspec.Struct):
    """A row that is ours until `until`, unless it was taken over or released meanwhile."""

    pk: Any
    until: datetime
    failures: int
    """How often in a row the work on it has failed before."""


class Claims(Generic[M]):
    """The claims on one table's rows."""

    def __init__(
        self,
        model: type[M],
        *,
        lasts: timedelta,
        until: str = "claimed_until",
        failures: str = "",
    ) -> None:
        """`lasts`: longer than the work on a row between two signs of life.

        `until` names the column of the claim; `failures` that of a counter, "" where nothing is retried.
        """
        self._rows = model._default_manager
        self._lasts = lasts
        self._until = until
        self._failures = failures

    def free(self, *, now: datetime) -> Q:
        """Whether a row is free: nobody holds it, and it does not rest."""
        return ~Q(**{f"{self._until}__gt": now})

    def take(
        self, row: M, *, now: datetime, where: Q | None = None, **changes: Any
    ) -> Claim | None:
        """Claim a row, with changes in the same statement; None where another was quicker.

        `where` says what must still hold of the row, in its own columns only: across a join PostgreSQL
        would compare with the row as it was before another's claim
        (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
        """
        until = now + self._lasts
        free = self._rows.filter(self.free(now=now), where or Q(), pk=row.pk)
        if not free.update(**{self._until: until}, **changes):
            return None
        return Claim(row.pk, until, getattr(row, self._failures) if self._failures else 0)

    def held(self, claim: Claim) -> QuerySet[M]:
        """The row while the claim stands, to be updated; nothing once it is lost."""
        return self._rows.filter(**{"pk": claim.pk, self._until: claim.until})

    def extend(self, claim: Claim, *, now: datetime, **changes: Any) -> bool:
        """Hold the row for longer; False where it was lost."""
        until = now + self._lasts
        kept = self.held(claim).update(**{self._until: until}, **changes)
        if kept:
            claim.until = until
        return bool(kept)

    def release(self, claim: Claim, **changes: Any) -> bool:
        """Free the row after work that went well; False where it was lost."""
        return self._end(claim, None, 0, changes)

    def put_off(
        self,
        claim: Claim,
        *,
        pause: timedelta,
        now: datetime,
        counted: bool = True,
        **changes: Any,
    ) -> bool:
        """Let the row rest after a failure, which is counted or not; False where it was lost."""
        failures = min(claim.failures + counted, MOST_FAILURES)
        return self._end(claim, now + pause, failures, changes)

    def _end(
        self, claim: Claim, until: datetime | None, failures: int, changes: dict[str, Any]
    ) -> bool:
        counted = {self._failures: failures} if self._failures else {}
        return bool(self.held(claim).update(**{self._until: until}, **counted, **changes))
