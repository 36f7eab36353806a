"""Who keeps the running turns alive, and ends those of processes that died? One loop a process."""

import asyncio
import logging

from chatcore import leases
from chatcore.database import writer
from chatcore.running import running
from chatcore.signals import turn_finished

logger = logging.getLogger(__name__)
EVERY_S = 2.0


async def keep_turns() -> None:
    """Renew leases, keep partial replies, hear of stops, end orphans: every two seconds, for ever."""
    while True:
        for step in (_keep_running, _end_orphans):
            try:
                await step()
            except Exception:
                logger.exception("Running turns could not be kept; trying again")
        await asyncio.sleep(EVERY_S)


async def _keep_running() -> None:
    points = running.checkpoints()
    if not points:
        return
    asked, lost = await writer.run(lambda: leases.checkpoint(points))
    for turn_id in asked:
        running.stop(turn_id)
    for turn_id in lost:
        running.lose(turn_id)


async def _end_orphans() -> None:
    ended = await writer.run(leases.end_orphans)
    for finished in ended:
        await turn_finished.asend_robust("chatcore", finished=finished)
    if ended:
        logger.warning("%d turns of a process that died were ended as interrupted", len(ended))
