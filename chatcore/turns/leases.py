"""Whose turn is it to write? A running turn is its process's while the process renews the lease.

The lease runs by the database's clock. Whoever lost it can no longer write, and the turn ends as
interrupted. Plain sync jobs for the writer, each inside a transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import DataError, transaction
from django.db.models.functions import Now

from chatcore.db.errors import LOST
from chatcore.models import Turn
from chatcore.replies.frames import LEG
from chatcore.replies.outcome import Outcome
from chatcore.replies.reply import Checkpoint
from chatcore.turns.signals import TurnFinished
from routing import route as routes
from routing.route import Route
from routing.services import snapshot
from routing.services.token_track import close_orphan

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=15)
"""How long a running turn is believed to live without a word of its process."""


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
        # Each in a savepoint: one that the database refuses must not keep the others running.
        try:
            with transaction.atomic():
                finished = _end_orphan(turn)
        except LOST:
            raise
        except Exception:
            logger.exception("Turn %s cannot be ended", turn.pk)
            continue
        if finished is not None:
            ended.append(finished)
    return ended


def _end_orphan(turn: Turn) -> TurnFinished | None:
    """End a turn whose lease ran out; None when somebody else did, or it was renewed meanwhile."""
    route = _closed_route(turn)
    taken = Turn.objects.filter(
        pk=turn.pk,
        status=Turn.Status.RUNNING,
        lease_token=turn.lease_token,
        lease_expires_at__lt=Now(),
    ).update(
        status=Turn.Status.INTERRUPTED,
        error_code="interrupted",
        truncated_reason="cut" if turn.reply else "",
        route=routes.dump(route).decode() if route else "",
        finished_at=Now(),
        lease_token=None,
        lease_expires_at=None,
        **_numbers(route),
    )
    if not taken:
        return None
    turn.status, turn.error_code = Turn.Status.INTERRUPTED, "interrupted"
    return finished_of(turn, route or routes.undecided())


def finished_of(turn: Turn, route: Route) -> TurnFinished:
    """What is to be told of a turn that has ended, from its row (with its thread)."""
    return TurnFinished(
        turn_id=turn.pk,
        thread_id=turn.thread_id,
        organisation_id=turn.thread.organisation_id,
        user_id=turn.thread.owner_id,
        source=turn.source,
        status=turn.status,
        error_code=turn.error_code,
        route=route,
        started_at=turn.created_at,
        latency_ms=turn.latency_ms,
        time_to_first_token_ms=turn.time_to_first_token_ms,
    )


def _closed_route(turn: Turn) -> Route | None:
    """The route of a turn that nobody writes any more; None when it was never decided, or is lost."""
    if not turn.route:
        return None
    try:
        route = routes.load(turn.route)
    except msgspec.MsgspecError:
        logger.exception("The route of turn %s cannot be read; it ends without one", turn.pk)
        return None
    close_orphan(
        route,
        snapshot=snapshot.refresh(),
        started_at=turn.created_at,
        leg=turn.seq // LEG,
        kept=turn.reply,
    )
    return route


def _numbers(route: Route | None) -> dict[str, Any]:
    """What the row says of tokens and cost: those of the attempt whose words are the reply."""
    answering = route.answering if route else None
    if answering is None:
        return {}
    return {
        "input_tokens": answering.usage.input_tokens,
        "output_tokens": answering.usage.output_tokens,
        "usage_source": answering.usage_source,
        "cost_usd": answering.cost_usd,
        "cost_source": answering.cost_source,
    }
