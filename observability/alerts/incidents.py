"""Opens and closes incidents: at most one is open for each kind and subject."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from observability.models import Incident

SAME = timedelta(hours=1)
"""What comes back within this time is the same incident, and is not mailed again: a key that one model
refuses and another takes would else be an incident every few minutes."""


def raise_incident(*, kind: str, subject: str, text: str) -> None:
    """Note that there is trouble now; any number of processes may do so at once.

    `kind` is one of `Incident.Kind`; `text` says to staff what happened, without any secret.
    """
    now = timezone.now()
    subject = subject[:250]
    if _see_again(kind, subject, text, now) or _reopen(kind, subject, text, now):
        return
    try:
        with transaction.atomic():
            Incident.objects.create(
                kind=kind, subject=subject, text=text, opened_at=now, last_seen_at=now
            )
    except IntegrityError:  # another process was first
        _see_again(kind, subject, text, now)


def close_incident(*, kind: str, subject: str, because: str = "") -> bool:
    """Note that it is over; `because` says how that is known. Whether anything was open."""
    return bool(
        Incident.objects.filter(kind=kind, subject=subject[:250], closed_at=None).update(
            closed_at=timezone.now(), closed_because=because[:200]
        )
    )


def _see_again(kind: str, subject: str, text: str, now: datetime) -> bool:
    open_ = Incident.objects.filter(kind=kind, subject=subject, closed_at=None)
    return bool(open_.update(text=text, last_seen_at=now, times_seen=F("times_seen") + 1))


def _reopen(kind: str, subject: str, text: str, now: datetime) -> bool:
    ended = Incident.objects.filter(kind=kind, subject=subject, closed_at__gte=now - SAME)
    try:
        with transaction.atomic():
            return bool(
                ended.update(
                    addressed_at=None,
                    closed_at=None,
                    closed_because="",
                    text=text,
                    last_seen_at=now,
                    times_seen=F("times_seen") + 1,
                )
            )
    except IntegrityError:  # another process opened it meanwhile
        return False
