"""Which conversations want a summary, and who is at it? A claim is a compare-and-set on the thread."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import models

from chatcore.models import Thread, Turn

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
    summarised_until: datetime | None
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
        summarised_until=thread.summarised_until,
        wanted_at=thread.summary_wanted_at,
        until=until,
        failures=thread.summary_failures,
    )


def unsummarised(claim: Claim) -> list[Turn]:
    """The turns that the summary should cover and does not yet, oldest first."""
    said = Turn.objects.filter(thread_id=claim.thread_id, replaced=False).exclude(reply="")
    said = said.exclude(status=Turn.Status.RUNNING)
    recent = list(said.order_by("-position").values_list("created_at")[:KEPT_TURNS])
    if len(recent) < KEPT_TURNS:
        return []
    older = said.filter(created_at__lt=recent[-1][0])
    if claim.summarised_until is not None:
        older = older.filter(created_at__gt=claim.summarised_until)
    return list(older.order_by("position"))


def keep(claim: Claim, summary: str, *, until: datetime, now: datetime) -> bool:
    """Store what there is so far and hold the claim longer; False when it was lost."""
    held = now + CLAIM
    kept = _ours(claim).update(
        summary=summary, summarised_until=until, summary_not_before=held, summary_failures=0
    )
    claim.summary, claim.summarised_until, claim.until = summary, until, held
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
