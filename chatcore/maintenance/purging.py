"""Removes what is kept no longer, in small batches, so that no message has to wait for it."""

import logging
import time
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from chatcore.identity import throttle as login_throttle
from chatcore.models import Retention, Thread, Turn
from chatcore.turns.signals import turns_leave
from chatcore.turns.titles import SEARCHED, title_from

logger = logging.getLogger(__name__)
DELETED_THREADS_KEPT = timedelta(days=30)
THREADLESS_KEPT = timedelta(days=30)
"""Turns without a thread belong to no conversation that somebody could delete; they hold no text."""
BATCH = 50
TURNS_A_GROUP = 500
"""Of the deleted threads that are looked at together."""
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
    """Remove the threads deleted before a moment, with their turns; gives the number of threads."""
    purged = 0
    for ids in _groups(Thread.objects.filter(deleted_at__lt=before)):
        threads = Thread.objects.filter(pk__in=ids)
        turns = list(Turn.objects.filter(thread__in=ids).values_list("pk", flat=True))
        for start in range(0, len(turns), BATCH):
            _remove(Turn.objects.filter(pk__in=turns[start : start + BATCH]))
        # What is left had no turn, or one that stays.
        threads.exclude(Exists(Turn.objects.filter(thread=OuterRef("pk")))).delete()
        purged += len(ids) - threads.count()
    return purged


def _groups(threads: QuerySet[Thread]) -> Iterator[list[UUID]]:
    """The ids of threads, so many at a time that their turns are some hundreds; or one long thread."""
    group: list[UUID] = []
    size = 0
    found = list(threads.order_by("deleted_at").values_list("pk", "last_position"))
    for pk, turns in found:
        if group and (len(group) == BATCH or size + turns > TURNS_A_GROUP):
            yield group
            group, size = [], 0
        group.append(pk)
        size += turns
    if group:
        yield group


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
        locked = list(held.values_list("pk", flat=True))
        batch = list(turns.filter(Q(thread__in=locked) | Q(thread=None))[:BATCH])
        staying = _staying(batch)
        stay |= staying
        leaving = [turn for turn in batch if turn.pk not in staying]
        Turn.objects.filter(pk__in=[turn.pk for turn in leaving]).delete()
        _tidy({turn.thread_id for turn in leaving if turn.thread_id})
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


def _tidy(ids: Collection[UUID]) -> None:
    """Bring threads in order whose oldest turns are gone: their summaries speak of them.

    So do their titles, unless their owners gave them. A thread without turns goes.
    """
    left = Turn.objects.filter(thread=OuterRef("pk"))
    threads = Thread.objects.filter(pk__in=ids)
    threads.exclude(Exists(left)).delete()
    oldest = left.order_by("position").annotate(beginning=Left("prompt", SEARCHED))
    held = threads.only("title", "title_source", "head").annotate(
        first=Subquery(oldest.values("beginning")[:1]),
        last=Subquery(left.order_by("-position").values("pk")[:1]),
    )
    kept: list[Any] = list(held)
    for thread in kept:
        if thread.title_source == Thread.TitleSource.GENERATED:
            thread.title = title_from(thread.first)
        if thread.head_id is None:  # it is gone, and an older one had to stay
            thread.head_id = thread.last
    Thread.objects.bulk_update(kept, ["title", "head"])
    threads.update(
        summary="",
        summarised_to=None,
        summary_wanted_at=None,
        # Whoever is writing the summary just now has read them: the claim is lost.
        summary_not_before=None,
    )
