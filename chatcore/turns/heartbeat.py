"""Who keeps the running turns alive, and ends those of processes that died? One loop a process."""

import asyncio
import logging

from chatcore.db.writer import writer
from chatcore.turns import leases
from chatcore.turns.running import running
from chatcore.turns.signals import turn_finished

logger = logging.getLogger(__name__)
EVERY_S = 2.0
SPARED = 2
"""Rounds without ending orphans after one that failed: when the database was away, others that live
could not renew their leases either, and come to it within a round."""


async def keep_turns() -> None:
    """Renew leases, keep partial replies, hear of stops, end orphans: every two seconds, for ever."""
    spared = 0
    while True:
        try:
            await _keep_running()
            if spared:
                spared -= 1
            else:
                await _end_orphans()
        except Exception:
            logger.exception("Running turns could not be kept; trying again")
            spared = SPARED
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
