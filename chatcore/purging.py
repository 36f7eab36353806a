"""What is kept no longer? Small batches, so that no message has to wait for the cleaning."""

import logging
from datetime import datetime, timedelta

from django.core.management import call_command
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chatcore import login_throttle
from chatcore.models import Retention, Thread, Turn
from chatcore.signals import turns_leave
from chatcore.titles import title_from

logger = logging.getLogger(__name__)
DELETED_THREADS_KEPT = timedelta(days=30)
BATCH = 50


def purge(*, now: datetime) -> int:
    """What is too old: sessions, failed sign-ins, deleted threads, texts; gives the threads' number."""
    call_command("clearsessions")
    login_throttle.forget_old(now=now)
    purged = _purge_threads(now - DELETED_THREADS_KEPT)
    if days := Retention.current().text_days:
        _purge_texts(now - timedelta(days=days))
    return purged


def _purge_threads(before: datetime) -> int:
    running = Turn.objects.filter(thread=OuterRef("pk"), status=Turn.Status.RUNNING)
    leaving = Thread.objects.filter(deleted_at__lt=before).exclude(Exists(running))
    purged = 0
    while ids := list(leaving.values_list("pk", flat=True)[:BATCH]):
        while _remove_some(Turn.objects.filter(thread__in=ids)):
            pass
        Thread.objects.filter(pk__in=ids).delete()
        purged += len(ids)
    return purged


def _purge_texts(before: datetime) -> None:
    old = Turn.objects.filter(created_at__lt=before)
    removed = 0
    while some := _remove_some(old):
        removed += some
    if removed:
        logger.info("%d turns from before %s were removed", removed, before.date())


def _remove_some(turns: QuerySet[Turn]) -> int:
    """Remove a batch of turns that have ended, oldest first; gives how many.

    In one transaction with what else of their threads speaks of them, and after whoever listens
    has taken what it needs of them.
    """
    ended = turns.exclude(status=Turn.Status.RUNNING).order_by("created_at", "pk")
    threads = set(ended.values_list("thread", flat=True)[:BATCH])
    with transaction.atomic():
        # Threads first, as whoever accepts a message does: so neither waits for the other for ever.
        held = Thread.objects.select_for_update().filter(pk__in=threads).order_by("pk")
        by_id = {thread.pk: thread for thread in held}
        batch = list(ended.filter(thread__in=by_id).select_related("thread")[:BATCH])
        if batch:
            turns_leave.send("chatcore", turns=batch)
            Turn.objects.filter(pk__in=[turn.pk for turn in batch]).delete()
            for thread_id in {turn.thread_id for turn in batch}:
                _tidy(by_id[thread_id])
    return len(batch)


def _tidy(thread: Thread) -> None:
    """A thread whose oldest turns are gone: its title and its summary spoke of them."""
    oldest = Turn.objects.filter(thread=thread).order_by("position").first()
    if oldest is None:
        thread.delete()
        return
    Thread.objects.filter(pk=thread.pk).update(
        title=title_from(oldest.prompt),
        summary="",
        summarised_until=None,
        summary_wanted_at=None,
        # Whoever is writing the summary just now has read them: the claim is lost.
        summary_not_before=None,
    )
