"""Removes what is kept no longer, in small batches, so that no message has to wait for it."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from chatcore.identity import throttle as login_throttle
from chatcore.models import Retention, Thread, Turn
from chatcore.turns.signals import turns_leave
from chatcore.turns.titles import title_from

logger = logging.getLogger(__name__)
DELETED_THREADS_KEPT = timedelta(days=30)
THREADLESS_KEPT = timedelta(days=30)
"""Turns without a thread belong to no conversation that somebody could delete; they hold no text."""
BATCH = 50
PAUSE_S = 0.05
"""Between batches others have the database to themselves."""


def purge(*, now: datetime) -> int:
    """Remove what is too old: sessions, failed sign-ins, deleted threads, texts.

    Gives how many of the threads are gone whose owners deleted them.
    """
    call_command("clearsessions")
    login_throttle.forget_old(now=now)
    purged = _purge_deleted(now - DELETED_THREADS_KEPT)
    _remove(Turn.objects.filter(thread=None, created_at__lt=now - THREADLESS_KEPT))
    if days := Retention.current().text_days:
        _remove(Turn.objects.filter(created_at__lt=now - timedelta(days=days)))
    return purged


def _purge_deleted(before: datetime) -> int:
    deleted = Thread.objects.filter(deleted_at__lt=before)
    there = deleted.count()
    _remove(Turn.objects.filter(thread__deleted_at__lt=before))
    empty = deleted.exclude(Exists(Turn.objects.filter(thread=OuterRef("pk"))))
    while ids := list(empty.values_list("pk", flat=True)[:BATCH]):
        Thread.objects.filter(pk__in=ids).delete()
    return there - deleted.count()


def _remove(turns: QuerySet[Turn]) -> None:
    """Remove turns that have ended, oldest first, each after whoever listens has what it needs."""
    stay: set[UUID] = set()
    removed = 0
    ended = turns.exclude(status=Turn.Status.RUNNING).order_by("created_at", "pk")
    while some := _remove_some(ended.exclude(pk__in=stay), stay):
        removed += some
        time.sleep(PAUSE_S)
    if removed:
        logger.info("%d turns were removed", removed - len(stay))


def _remove_some(turns: QuerySet[Turn], stay: set[UUID]) -> int:
    """A batch, in one transaction with what else of their threads speaks of them; gives how many."""
    threads = set(turns.values_list("thread", flat=True)[:BATCH])
    with transaction.atomic():
        # Threads first, as whoever accepts a message does: so neither waits for the other for ever.
        held = Thread.objects.select_for_update().filter(pk__in=threads).order_by("pk")
        by_id = {thread.pk: thread for thread in held}
        batch = list(turns.filter(Q(thread__in=by_id) | Q(thread=None))[:BATCH])
        staying = _staying(batch)
        stay |= staying
        leaving = [turn for turn in batch if turn.pk not in staying]
        Turn.objects.filter(pk__in=[turn.pk for turn in leaving]).delete()
        for thread_id in {turn.thread_id for turn in leaving if turn.thread_id}:
            _tidy(by_id[thread_id])
    return len(batch)


def _staying(turns: list[Turn]) -> set[UUID]:
    """Those that a listener cannot let go yet."""
    try:
        with transaction.atomic():
            answers: Any = turns_leave.send("chatcore", turns=turns)
    except Exception:
        logger.exception("%d turns stay, though they should go", len(turns))
        return {turn.pk for turn in turns}
    return {turn_id for _, stay in answers for turn_id in stay}


def _tidy(thread: Thread) -> None:
    """Bring a thread in order whose oldest turns are gone: its summary speaks of them.

    So does its title, unless its owner gave it.
    """
    left = Turn.objects.filter(thread=thread).order_by("position")
    oldest = left.only("prompt").first()
    if oldest is None:
        thread.delete()
        return
    changed: dict[str, Any] = {}
    if thread.title_source == Thread.TitleSource.GENERATED:
        changed["title"] = title_from(oldest.prompt)
    if not left.filter(pk__in=[thread.head_id]).exists():  # an older one had to stay
        changed["head"] = left.only("pk").last()
    Thread.objects.filter(pk=thread.pk).update(
        **changed,
        summary="",
        summarised_to=None,
        summary_wanted_at=None,
        # Whoever is writing the summary just now has read them: the claim is lost.
        summary_not_before=None,
    )
