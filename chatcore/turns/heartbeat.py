"""Keeps the turns of this process alive and their texts written, and ends those of dead processes."""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import DataError

from chatcore.db.writer import writer
from chatcore.models import ServerProcess, Turn
from chatcore.turns import orphans, processes, progress
from chatcore.turns.processes import here
from chatcore.turns.running import running
from chatcore.turns.signals import TurnFinished, turn_finished
from chatcore.turns.texts import KeptTexts
from chatcore.turns.watch import Watch

logger = logging.getLogger(__name__)
EVERY_S = 2.0


async def keep_turns() -> None:
    """Show signs of life, keep texts, hear of stops, end orphans: every two seconds, for ever."""
    async with asyncio.TaskGroup() as loops:
        loops.create_task(_beat_for_ever())
        loops.create_task(_keep_texts_for_ever())


async def leave() -> None:
    """Say that this process ends: what it left running belongs to nobody."""
    await writer.run(here.leave)


async def _beat_for_ever() -> None:
    watch = Watch()
    is_first = True
    while True:
        try:
            await _beat(watch, is_first=is_first)
            is_first = False
        except Exception:
            logger.exception("The running turns could not be looked after; trying again")
        await asyncio.sleep(EVERY_S)


async def _beat(watch: Watch, *, is_first: bool) -> None:
    before = running.unfinished()
    rows, others = await writer.run(_show_life)
    here.is_registered = True
    strays = _compare(before, rows)
    dead = watch.dead(others, now=time.monotonic())
    ended = await writer.run(lambda: _end_what_nobody_runs(dead, strays, is_first))
    for finished in ended:
        await turn_finished.asend_robust("chatcore", finished=finished)
    if ended:
        logger.warning("%d turns that no process runs were ended as interrupted", len(ended))


def _show_life() -> tuple[dict[UUID, bool], list[ServerProcess]]:
    """Our running turns, each with whether it shall stop; and the other processes."""
    here.beat()
    ours = Turn.objects.filter(status=Turn.Status.RUNNING, process=here.id)
    return dict(ours.order_by().values_list("pk", "stop_asked")), processes.others()


def _compare(before: set[UUID], rows: dict[UUID, bool]) -> list[UUID]:
    """Stop and lose turns as their rows say; gives those that only the rows know of."""
    for turn_id, stop_asked in rows.items():
        if stop_asked:
            running.stop(turn_id)
    for turn_id in before - set(rows):
        running.lose(turn_id)
    return [turn_id for turn_id in rows if not running.knows(turn_id)]


def _end_what_nobody_runs(
    dead: Sequence[ServerProcess], strays: Sequence[UUID], is_first: bool
) -> list[TurnFinished]:
    if is_first:
        processes.bury_predecessors()
    processes.bury(dead)
    ended = orphans.end_strays(strays) if strays else []
    return ended + orphans.end_orphans()


async def _keep_texts_for_ever() -> None:
    kept = KeptTexts()
    while True:
        try:
            await _keep_texts(kept)
        except Exception:
            logger.exception("The texts of running turns could not be kept; trying again")
        await asyncio.sleep(EVERY_S)


async def _keep_texts(kept: KeptTexts) -> None:
    """Each in a short transaction of its own: nobody's end has to wait for many texts."""
    unfinished = running.unfinished()
    replies = [reply for turn_id, reply in running.replies.items() if turn_id in unfinished]
    for reply in kept.due(replies, now=time.monotonic()):
        text, seq, turn_id = reply.text, reply.seq, reply.turn_id
        try:
            await writer.run(partial(progress.keep_text, turn_id, text, seq))
        except DataError:
            logger.exception("The text of turn %s cannot be kept", turn_id)
        kept.note(turn_id, seq=seq, now=time.monotonic())
