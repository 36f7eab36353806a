"""Ends turns that nobody runs any more: their text is kept, and their open attempt is unknown.

Plain sync jobs for the writer, each inside a transaction.
"""

import logging
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from chatcore.db.errors import LOST
from chatcore.models import ServerProcess, Turn
from chatcore.replies.frames import LEG
from chatcore.turns.processes import here
from chatcore.turns.signals import TurnFinished, finished_of
from routing import route as routes
from routing.route import Route
from routing.services import snapshot
from routing.services.token_track import close_orphan

logger = logging.getLogger(__name__)
TOGETHER = 200
"""Turns that are ended in one transaction at most."""


def end_orphans() -> list[TurnFinished]:
    """End running turns whose process is gone; gives what is to be told of each."""
    living = ServerProcess.objects.filter(pk=OuterRef("process"))
    running = Turn.objects.filter(status=Turn.Status.RUNNING)
    return _end_all(running.exclude(Exists(living)).order_by("pk")[:TOGETHER])


def end_strays(turn_ids: Collection[UUID]) -> list[TurnFinished]:
    """End turns that name this process though it does not run them.

    They were accepted, but the database's answer to that was lost for good.
    """
    running = Turn.objects.filter(status=Turn.Status.RUNNING, process=here.id)
    return _end_all(running.filter(pk__in=turn_ids).order_by("pk"))


def _end_all(turns: Iterable[Turn]) -> list[TurnFinished]:
    ended = []
    for turn in turns:
        # Each in a savepoint: one that the database refuses must not keep the others running.
        try:
            with transaction.atomic():
                finished = _end(turn)
        except LOST:
            raise
        except Exception:
            logger.exception("Turn %s cannot be ended", turn.pk)
            continue
        if finished is not None:
            ended.append(finished)
    return ended


def _end(turn: Turn) -> TurnFinished | None:
    """End a turn; None when somebody else did meanwhile."""
    route = _closed_route(turn)
    taken = Turn.objects.filter(
        pk=turn.pk, status=Turn.Status.RUNNING, process=turn.process
    ).update(
        status=Turn.Status.INTERRUPTED,
        error_code="interrupted",
        truncated_reason="cut" if turn.reply else "",
        route=routes.dump(route).decode() if route else "",
        finished_at=Now(),
        **_numbers(route),
    )
    if not taken:
        return None
    turn.status, turn.error_code = Turn.Status.INTERRUPTED, "interrupted"
    return finished_of(turn, route or routes.undecided())


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
        started_at=turn.started_at,
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
