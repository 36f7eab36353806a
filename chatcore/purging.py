"""What is kept no longer? Small batches, so that no message has to wait for the cleaning."""

from datetime import datetime, timedelta

from django.core.management import call_command

from chatcore import login_throttle
from chatcore.models import Thread

DELETED_THREADS_KEPT = timedelta(days=30)
BATCH = 50


def purge(*, now: datetime) -> int:
    """Expired sessions, old failed sign-ins, threads deleted 30 days ago; gives their number."""
    call_command("clearsessions")
    login_throttle.forget_old(now=now)
    return _purge_threads(now - DELETED_THREADS_KEPT)


def _purge_threads(before: datetime) -> int:
    purged = 0
    while ids := list(
        Thread.objects.filter(deleted_at__lt=before).values_list("pk", flat=True)[:BATCH]
    ):
        Thread.objects.filter(pk__in=ids).delete()
        purged += len(ids)
    return purged
