"""Finds the threads that want a summary, and lets one worker at a time write it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from chatcore.db import claims
from chatcore.models import Thread, Turn
from chatcore.turns.history import line_since

CLAIM = timedelta(minutes=10)
CLAIMS = claims.Claims(
    Thread,
    lasts=CLAIM,
    until="summary_not_before",
    failures="summary_failures",
)
KEPT_TURNS = 2
"""The last turns are not summarised: they are what a follow-up speaks of, and can be replaced."""
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)


class Claim(claims.Claim, kw_only=True):
    """One thread that is ours to summarise, as it was when it was claimed."""

    organisation_id: int
    user_id: int
    summary: str
    head_id: UUID | None
    summarised_to: UUID | None
    wanted_at: datetime

    @property
    def thread_id(self) -> UUID:
        """The thread."""
        pk: UUID = self.pk
        return pk


def due(*, now: datetime, limit: int) -> list[Thread]:
    """The threads that want a summary and that nobody is at, longest waiting first."""
    wanting = Thread.objects.filter(summary_wanted_at__isnull=False, deleted_at__isnull=True)
    return list(wanting.filter(CLAIMS.free(now=now)).order_by("summary_wanted_at")[:limit])


def claim(thread: Thread, *, now: datetime) -> Claim | None:
    """Make a thread ours; None when another worker was quicker."""
    wanted_at = thread.summary_wanted_at
    if wanted_at is None:
        return None
    taken = CLAIMS.take(thread, now=now, where=Q(summary_wanted_at=wanted_at))
    if taken is None:
        return None
    return Claim(
        pk=taken.pk,
        until=taken.until,
        failures=taken.failures,
        organisation_id=thread.organisation_id,
        user_id=thread.owner_id,
        summary=thread.summary,
        head_id=thread.head_id,
        summarised_to=thread.summarised_to_id,
        wanted_at=wanted_at,
    )


def unsummarised(claim: Claim) -> list[Turn]:
    """The turns that the summary should cover and does not yet, oldest first.

    Where the summary is of a branch that the conversation has left, it is to be written anew.
    """
    line = line_since(claim.head_id, claim.summarised_to)
    if line and line[0].parent_id != claim.summarised_to:
        claim.summary, claim.summarised_to = "", None
    said = [turn for turn in line if turn.reply and turn.status != Turn.Status.RUNNING]
    return said[:-KEPT_TURNS]


def keep(claim: Claim, summary: str, *, to: UUID, now: datetime) -> bool:
    """Store what there is so far and hold the claim longer; False when it was lost."""
    claim.summary, claim.summarised_to, claim.failures = summary, to, 0
    return CLAIMS.extend(claim, now=now, summary=summary, summarised_to=to, summary_failures=0)


def finish(claim: Claim) -> None:
    """All is covered; a wish that came meanwhile stays."""
    CLAIMS.held(claim).filter(summary_wanted_at=claim.wanted_at).update(summary_wanted_at=None)
    release(claim)


def release(claim: Claim) -> None:
    """Let the next sweep go on."""
    CLAIMS.release(claim)


def put_off(claim: Claim, *, now: datetime) -> timedelta:
    """It failed: rest, longer each time. Gives the pause."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(claim.failures, 20), LONGEST_PAUSE)
    CLAIMS.put_off(claim, pause=pause, now=now)
    return pause
