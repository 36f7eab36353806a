"""Who listens to the chat? What goes wrong here is logged, and the chat goes on."""

import logging
from typing import Any

from chatcore.database import writer
from chatcore.signals import TurnFinished, turn_finished
from observability.log import log_turn

logger = logging.getLogger(__name__)


def connect() -> None:
    """Listen from now on."""
    turn_finished.connect(on_turn_finished, dispatch_uid="observability")


async def on_turn_finished(*, finished: TurnFinished, **kwargs: Any) -> None:
    """Keep what came of a turn."""
    try:
        await writer.run(lambda: log_turn(finished))
    except Exception:
        logger.exception("The attempts of turn %s were not recorded", finished.turn_id)
