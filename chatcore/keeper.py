"""Who keeps the running turns alive, and ends those of processes that died? One loop a process."""

import asyncio
import logging

from chatcore import turn_store
from chatcore.database import writer
from chatcore.services import running

logger = logging.getLogger(__name__)
EVERY_S = 2.0


async def keep_turns() -> None:
    """Renew leases, keep partial replies, hear of stops, end orphans: every two seconds, for ever."""
    while True:
        try:
            await _keep_once()
        except Exception:
            logger.exception("Running turns could not be kept; trying again")
        await asyncio.sleep(EVERY_S)


async def _keep_once() -> None:
    points = running.checkpoints()
    if points:
        asked, lost = await writer.run(lambda: turn_store.checkpoint(points))
        for turn_id in asked:
            running.stop(turn_id)
        for turn_id in lost:
            running.lose(turn_id)
    if ended := await writer.run(turn_store.end_orphans):
        logger.warning("%d turns of a process that died were ended as interrupted", ended)
