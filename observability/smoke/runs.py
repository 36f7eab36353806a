"""The queue of the evaluation's runs: requested, claimed by one worker, ended.

However many clocks tick and workers die: a night has one run, and a run is made once or ends as
aborted.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from chatcore.db.claims import Claim, Claims
from chatcore.models import User
from observability.models import SmokeRun, SmokeSettings

Status, Trigger, Verdict = SmokeRun.Status, SmokeRun.Trigger, SmokeRun.Verdict
CLAIM = timedelta(minutes=10)
"""How long a run is believed to live without a sign of life: longer than any one case takes."""
CLAIMS = Claims(SmokeRun, lasts=CLAIM)
NIGHT_AT_HOUR = 1
BROKE_OFF = "It broke off: whoever ran it has died or was stopped."


class Lost(Exception):
    """The claim has expired meanwhile: the run was ended by another."""


def request(trigger: str, *, by: User | None = None) -> tuple[SmokeRun, bool]:
    """Queue a run, unless one is queued already; gives the queued one, and whether it is new."""
    queued = SmokeRun.objects.filter(status=Status.QUEUED).order_by("id").first()
    if queued is not None:
        return queued, False
    return SmokeRun.objects.create(trigger=trigger, asked_by=by), True


def request_nightly(now: datetime) -> None:
    """Queue the night's run, unless it is there or not due yet; later where the machine was off."""
    due_at = now.replace(hour=NIGHT_AT_HOUR, minute=0, second=0, microsecond=0)
    settings = SmokeSettings.objects.first()
    if settings is None or now < due_at or settings.created_at > due_at:
        return
    if SmokeRun.objects.filter(night=due_at.date()).exists():
        return
    try:
        with transaction.atomic():
            SmokeRun.objects.create(trigger=Trigger.NIGHT, night=due_at.date())
    except IntegrityError:
        pass  # another worker was first


def begin(trigger: str) -> SmokeRun:
    """Make a run that is claimed from the beginning, past the queue."""
    now = timezone.now()
    return SmokeRun.objects.create(
        trigger=trigger, status=Status.RUNNING, started_at=now, claimed_until=now + CLAIM
    )


def take(now: datetime) -> SmokeRun | None:
    """Claim the run that was queued first; None when none is queued."""
    queued = Q(status=Status.QUEUED)
    for run in SmokeRun.objects.filter(queued).order_by("id"):
        if CLAIMS.take(run, now=now, where=queued, status=Status.RUNNING, started_at=now):
            return SmokeRun.objects.get(pk=run.pk)
    return None


def hold(run: SmokeRun, now: datetime) -> None:
    """Extend the claim on a run. Raises Lost."""
    assert run.claimed_until is not None
    claim = Claim(run.pk, run.claimed_until, failures=0)
    if not CLAIMS.extend(claim, now=now):
        raise Lost
    run.claimed_until = claim.until


def end(run: SmokeRun) -> bool:
    """Write down how a run ended, and free it; False when another has ended it."""
    run.status, run.ended_at = Status.ENDED, timezone.now()
    ours = SmokeRun.objects.filter(pk=run.pk, status=Status.RUNNING)
    fields = ["status", "verdict", "why", "changes", "cost_usd", "unpriced", "ended_at"]
    return bool(ours.update(claimed_until=None, **{name: getattr(run, name) for name in fields}))


def has_passed_since(run: SmokeRun) -> bool:
    """Whether a run of this site that began later has passed: then an earlier one is no news."""
    passed = SmokeRun.objects.filter(verdict=Verdict.PASSED, started_at__gt=run.started_at)
    return passed.filter(base_url__in=("", run.base_url)).exists()


def end_abandoned(now: datetime) -> list[SmokeRun]:
    """End the runs whose claim has expired, as aborted; gives them."""
    ended = []
    for run in SmokeRun.objects.filter(CLAIMS.free(now=now), status=Status.RUNNING):
        run.verdict, run.why = Verdict.ABORTED, BROKE_OFF
        if end(run):
            ended.append(run)
    return ended
