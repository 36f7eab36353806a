"""Who listens to the chat? What goes wrong here is logged, and the chat goes on."""

import logging
from typing import Any

from chatcore.models import Turn
from chatcore.signals import TurnFinished, turn_finished, turn_leaves, web_begins, web_ends
from observability.alerts.refusals import notice
from observability.reconcile import record_if_missing
from observability.recording import recorder

logger = logging.getLogger(__name__)


def connect() -> None:
    """Listen from now on."""
    turn_finished.connect(on_turn_finished, dispatch_uid="observability")
    turn_finished.connect(notice, dispatch_uid="observability alerts")
    web_begins.connect(on_web_begins, dispatch_uid="observability")
    web_ends.connect(on_web_ends, dispatch_uid="observability")
    turn_leaves.connect(on_turn_leaves, dispatch_uid="observability")


async def on_turn_finished(*, finished: TurnFinished, **kwargs: Any) -> None:
    """Keep what came of a turn."""
    try:
        await recorder.record(finished)
    except Exception:
        logger.exception("The attempts of turn %s were not recorded", finished.turn_id)


async def on_web_begins(**kwargs: Any) -> None:
    """Gather from now on."""
    recorder.begin()


async def on_web_ends(**kwargs: Any) -> None:
    """Write what waits."""
    await recorder.end()


def on_turn_leaves(*, turn: Turn, **kwargs: Any) -> None:
    """No turn goes before it is recorded: should that fail, it stays."""
    record_if_missing(turn)
