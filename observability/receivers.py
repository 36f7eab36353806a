"""Receives the chat's signals. What goes wrong here is logged, and the chat goes on."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chatcore.models import Turn
from chatcore.turns.signals import TurnFinished, turn_finished, turns_leave, web_begins, web_ends
from observability.alerts.refusals import notice
from observability.reconcile import record_missing
from observability.recording import recorder

logger = logging.getLogger(__name__)


def connect() -> None:
    """Connect the receivers."""
    turn_finished.connect(on_turn_finished, dispatch_uid="observability")
    turn_finished.connect(notice, dispatch_uid="observability alerts")
    web_begins.connect(on_web_begins, dispatch_uid="observability")
    web_ends.connect(on_web_ends, dispatch_uid="observability")
    turns_leave.connect(on_turns_leave, dispatch_uid="observability")


async def on_turn_finished(*, finished: TurnFinished, **kwargs: Any) -> None:
    """Record a request that has ended."""
    try:
        await recorder.record(finished)
    except Exception:
        logger.exception("The attempts of turn %s were not recorded", finished.turn_id)


async def on_web_begins(**kwargs: Any) -> None:
    """Gather the requests to be recorded from now on."""
    recorder.begin()


async def on_web_ends(**kwargs: Any) -> None:
    """Write the requests that wait."""
    await recorder.end()


def on_turns_leave(*, turns: Sequence[Turn], **kwargs: Any) -> set[UUID]:
    """Record turns that are to be removed; gives those that must stay, for that failed."""
    return record_missing(turns)
