"""Whose turn is it to write? A running turn is its process's while the process renews the lease.

The lease runs by the database's clock. Whoever lost it can no longer write, and the turn ends as
interrupted. Plain sync jobs for the writer, each inside a transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import DataError, transaction
from django.db.models.functions import Now

from chatcore.models import Turn
from chatcore.outcome import Outcome
from chatcore.signals import TurnFinished
from chatcore.turns import LEASE, Checkpoint
from routing import route as routes
from routing.route import Route

logger = logging.getLogger(__name__)


def checkpoint(running: Sequence[Checkpoint]) -> tuple[set[UUID], set[UUID]]:
    """Renew leases and keep partial replies; gives the turns asked to stop, and those lost."""
    lost: set[UUID] = set()
    for point in running:
        mine = Turn.objects.filter(
            pk=point.turn_id, status=Turn.Status.RUNNING, lease_token=point.lease_token
        )
        # Each in a savepoint: a text that the database refuses must not cost the others their lease.
        try:
            with transaction.atomic():
                kept = mine.update(reply=point.reply, seq=point.seq, lease_expires_at=Now() + LEASE)
        except DataError:
            logger.exception("Turn %s cannot be kept", point.turn_id)
            kept = mine.update(lease_expires_at=Now() + LEASE)
        if not kept:
            lost.add(point.turn_id)
    ids = [point.turn_id for point in running]
    asked = Turn.objects.filter(pk__in=ids, stop_asked=True).values_list("pk", flat=True)
    return set(asked), lost


def finish(point: Checkpoint, outcome: Outcome, route: bytes, *, finished_at: datetime) -> bool:
    """The one final write; False when the turn was no longer ours to end."""
    return bool(
        Turn.objects.filter(
            pk=point.turn_id, status=Turn.Status.RUNNING, lease_token=point.lease_token
        ).update(
            **outcome.columns(),
            reply=point.reply,
            seq=point.seq,
            route=route.decode(),
            finished_at=finished_at,
            lease_token=None,
            lease_expires_at=None,
        )
    )


def end_orphans() -> list[TurnFinished]:
    """End turns whose process died: their text is kept, their open attempt is unknown.

    Gives what is to be told of each.
    """
    orphans = Turn.objects.filter(status=Turn.Status.RUNNING, lease_expires_at__lt=Now())
    ended = []
    for turn in orphans.select_related("thread")[:200]:
        route = _closed_route(turn.route)
        taken = orphans.filter(pk=turn.pk, lease_token=turn.lease_token).update(
            status=Turn.Status.INTERRUPTED,
            error_code="interrupted",
            truncated_reason="cut" if turn.reply else "",
            route=routes.dump(route).decode() if route else "",
            finished_at=Now(),
            lease_token=None,
            lease_expires_at=None,
        )
        if taken and route:
            ended.append(_finished(turn, route))
    return ended


def _finished(turn: Turn, route: Route) -> TurnFinished:
    return TurnFinished(
        turn_id=turn.pk,
        thread_id=turn.thread_id,
        organisation_id=turn.thread.organisation_id,
        user_id=turn.thread.owner_id,
        source=turn.source,
        status=Turn.Status.INTERRUPTED,
        error_code="interrupted",
        route=route,
        started_at=turn.created_at,
        latency_ms=0,
        time_to_first_token_ms=None,
    )


def _closed_route(raw: str) -> Route | None:
    """The route of a turn that nobody writes any more; None when it was never decided."""
    if not raw:
        return None
    route = routes.load(raw)
    for attempt in route.attempts:
        if attempt.status == "started":
            attempt.status = "unknown"
    return route
