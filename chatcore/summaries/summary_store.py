"""Finds the threads that want a summary, and lets one worker at a time write it.

A claim is a compare-and-set on the thread's row.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import models

from chatcore.models import Thread, Turn
from chatcore.turns.history import line_since

CLAIM = timedelta(minutes=10)
KEPT_TURNS = 2
"""The last turns are not summarised: they are what a follow-up speaks of, and can be replaced."""
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)


class Claim(msgspec.Struct, kw_only=True):
    """One thread that is ours to summarise until `until`."""

    thread_id: UUID
    organisation_id: int
    user_id: int
    summary: str
    head_id: UUID | None
    summarised_to: UUID | None
    wanted_at: datetime
    until: datetime
    failures: int


def due(*, now: datetime, limit: int) -> list[Thread]:
    """The threads that want a summary and that nobody is at, longest waiting first."""
    wanting = Thread.objects.filter(summary_wanted_at__isnull=False, deleted_at__isnull=True)
    free = wanting.exclude(summary_not_before__gt=now)
    return list(free.order_by("summary_wanted_at")[:limit])


def claim(thread: Thread, *, now: datetime) -> Claim | None:
    """Make a thread ours; None when another worker was quicker."""
    if thread.summary_wanted_at is None:
        return None
    until = now + CLAIM
    taken = Thread.objects.filter(
        pk=thread.pk,
        summary_wanted_at=thread.summary_wanted_at,
        summary_not_before=thread.summary_not_before,
    ).update(summary_not_before=until)
    if not taken:
        return None
    return Claim(
        thread_id=thread.pk,
        organisation_id=thread.organisation_id,
        user_id=thread.owner_id,
        summary=thread.summary,
        head_id=thread.head_id,
        summarised_to=thread.summarised_to_id,
        wanted_at=thread.summary_wanted_at,
        until=until,
        failures=thread.summary_failures,
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
    held = now + CLAIM
    kept = _ours(claim).update(
        summary=summary, summarised_to=to, summary_not_before=held, summary_failures=0
    )
    claim.summary, claim.summarised_to, claim.until = summary, to, held
    claim.failures = 0
    return bool(kept)


def finish(claim: Claim) -> None:
    """All is covered; a wish that came meanwhile stays."""
    _ours(claim).filter(summary_wanted_at=claim.wanted_at).update(summary_wanted_at=None)
    release(claim)


def release(claim: Claim) -> None:
    """Let the next sweep go on."""
    _ours(claim).update(summary_not_before=None)


def put_off(claim: Claim, *, now: datetime) -> timedelta:
    """It failed: rest, longer each time. Gives the pause."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(claim.failures, 20), LONGEST_PAUSE)
    _ours(claim).update(
        summary_not_before=now + pause, summary_failures=min(claim.failures + 1, 1000)
    )
    return pause


def _ours(claim: Claim) -> models.QuerySet[Thread]:
    return Thread.objects.filter(pk=claim.thread_id, summary_not_before=claim.until)
