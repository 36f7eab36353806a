"""Finds a turn's reply: in this process, in its row, or, through its row, in another process."""

import asyncio
import logging
from uuid import UUID

from chatcore.db.errors import LOST
from chatcore.db.reader import read
from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Turn
from chatcore.replies.outcome import Outcome
from chatcore.replies.reply import Reply, mirror, reply_of
from chatcore.turns.lookup import look_up
from chatcore.turns.running import running

logger = logging.getLogger(__name__)
POLL_S = 0.5
_mirrors: dict[UUID, Reply] = {}
_tasks: set[asyncio.Task[None]] = set()


async def find_reply(member: Member, turn_id: UUID) -> Reply:
    """The reply of a turn that this member may see. Raises Refused."""
    turn = await read(lambda: look_up(member=member, turn_id=turn_id))
    if here := running.replies.get(turn_id) or _mirrors.get(turn_id):
        return here
    if turn.status != Turn.Status.RUNNING:
        return reply_of(turn)
    return _mirror_of(member, turn)


async def _look_again(member: Member, reply: Reply) -> None:
    """Bring a mirror up to its row; what cannot be read now is read later."""
    try:
        mirror(await read(lambda: look_up(member=member, turn_id=reply.turn_id)), reply)
    except Refused:  # deleted meanwhile, or no longer this member's to see
        reply.end(Outcome(status="interrupted", error_code="interrupted"))
    except LOST as error:
        logger.warning("Turn %s cannot be followed for now: %s", reply.turn_id, error)
    except Exception:
        logger.exception("Turn %s cannot be followed; trying again", reply.turn_id)


def _mirror_of(member: Member, turn: Turn) -> Reply:
    """Another process writes it: its row is read until it has ended."""
    reply = _mirrors[turn.pk] = reply_of(turn)

    async def keep_up() -> None:
        try:
            while not reply.ended.is_set():
                await asyncio.sleep(POLL_S)
                await _look_again(member, reply)
        finally:
            _mirrors.pop(turn.pk, None)

    task = asyncio.create_task(keep_up())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return reply
