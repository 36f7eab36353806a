"""Which run is due, and whose is it? A claim is a compare-and-set on its row.

However many clocks tick and workers die: a night has one run, and a run is made once or ends as
aborted.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from chatcore.models import User
from observability.models import SmokeRun, SmokeSettings

Status, Trigger, Verdict = SmokeRun.Status, SmokeRun.Trigger, SmokeRun.Verdict
CLAIM = timedelta(minutes=10)
"""How long a run is believed to live without a word: longer than any one case takes."""
NIGHT_AT_HOUR = 1
BROKE_OFF = "It broke off: whoever ran it has died or was stopped."


class Lost(Exception):
    """The claim has expired meanwhile: the run was ended by another."""


def ask_for(trigger: str, *, by: User | None = None) -> tuple[SmokeRun, bool]:
    """A run that waits to be made, and whether it is new: one that waits already will do."""
    waiting = SmokeRun.objects.filter(status=Status.QUEUED).order_by("id").first()
    if waiting is not None:
        return waiting, False
    return SmokeRun.objects.create(trigger=trigger, asked_by=by), True


def begin_at_once(trigger: str) -> SmokeRun:
    """A run that is ours from the beginning."""
    now = timezone.now()
    return SmokeRun.objects.create(
        trigger=trigger, status=Status.RUNNING, started_at=now, claimed_until=now + CLAIM
    )


def ask_for_tonight(now: datetime) -> None:
    """The night's run, unless it is there or not due yet; later in the day where the machine was off."""
    due_at = now.replace(hour=NIGHT_AT_HOUR, minute=0, second=0, microsecond=0)
    site = SmokeSettings.objects.first()
    if site is None or now < due_at or site.created_at > due_at:
        return
    if SmokeRun.objects.filter(night=due_at.date()).exists():
        return
    try:
        with transaction.atomic():
            SmokeRun.objects.create(trigger=Trigger.NIGHT, night=due_at.date())
    except IntegrityError:
        pass  # another clock was first


def take(now: datetime) -> SmokeRun | None:
    """The run that has waited longest, ours now; None when none waits."""
    for run in SmokeRun.objects.filter(status=Status.QUEUED).order_by("id"):
        taken = SmokeRun.objects.filter(pk=run.pk, status=Status.QUEUED).update(
            status=Status.RUNNING, started_at=now, claimed_until=now + CLAIM
        )
        if taken:
            return SmokeRun.objects.get(pk=run.pk)
    return None


def hold(run: SmokeRun, now: datetime) -> None:
    """It lives. Raises Lost."""
    until = now + CLAIM
    ours = SmokeRun.objects.filter(
        pk=run.pk, status=Status.RUNNING, claimed_until=run.claimed_until
    )
    if not ours.update(claimed_until=until):
        raise Lost
    run.claimed_until = until


def end(run: SmokeRun) -> bool:
    """Write down how it ended; False when another has ended it."""
    run.status, run.ended_at = Status.ENDED, timezone.now()
    ours = SmokeRun.objects.filter(pk=run.pk, status=Status.RUNNING)
    fields = ["status", "verdict", "why", "changes", "cost_usd", "unpriced", "ended_at"]
    return bool(ours.update(**{name: getattr(run, name) for name in fields}))


def has_passed_since(run: SmokeRun) -> bool:
    """Whether one of this site that began later has passed: then an earlier one is no news."""
    passed = SmokeRun.objects.filter(verdict=Verdict.PASSED, started_at__gt=run.started_at)
    return passed.filter(base_url__in=("", run.base_url)).exists()


def abandoned(now: datetime) -> list[SmokeRun]:
    """The runs whose claim has expired, ended as aborted just now."""
    ended = []
    for run in SmokeRun.objects.filter(status=Status.RUNNING, claimed_until__lte=now):
        run.verdict, run.why = Verdict.ABORTED, BROKE_OFF
        if end(run):
            ended.append(run)
    return ended
