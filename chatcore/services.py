"""Takes turns and stops them: the door that every way of chatting goes through."""

import asyncio
import logging
from uuid import UUID

from django.db import DatabaseError, IntegrityError

from chatcore.db.errors import is_away
from chatcore.db.writer import writer
from chatcore.errors import LEAVING, Refused
from chatcore.identity.members import Member
from chatcore.replies.reply import Reply
from chatcore.turns import accept, stop
from chatcore.turns.data import Accepted, NewTurn
from chatcore.turns.processes import here
from chatcore.turns.run import TurnRun, refresh_routing
from chatcore.turns.running import running
from chatcore.turns.stopwatch import Stopwatch
from chatcore.turns.tracing import end_turn_span, turn_span

logger = logging.getLogger(__name__)
MOST_RUNNING = 1_000
"""Turns that run in one process. At 20 tokens a second each they keep one core busy, and what comes
beside them makes all of them slower; each holds a connection to its vendor and one to its reader."""
MOST_QUEUED = 500
"""Jobs that wait for the database. It does that many in about a second; who would wait longer is told
so, instead of seeing nothing. The ends of running turns are never refused."""
BUSY = "This server has too much to do just now. Please try again in a moment."
NOT_KEPT = "Messages cannot be kept just now. Please try again in a moment."


async def take_turn(*, member: Member, new: NewTurn) -> tuple[Accepted, Reply | None]:
    """Accept a turn and set it going; the reply is None for a duplicate that does not run here.

    When this returns, the turn is in the database; it runs even if the caller has gone meanwhile.
    Raises Refused.
    """
    if running.draining:
        raise Refused("unavailable", LEAVING)
    if running.count >= MOST_RUNNING or writer.waiting >= MOST_QUEUED:
        raise Refused("busy", BUSY)
    task = asyncio.create_task(_accept_and_start(member, new))
    running.accept(task)
    return await asyncio.shield(task)


async def _accept_and_start(member: Member, new: NewTurn) -> tuple[Accepted, Reply | None]:
    with turn_span(), running.accepting(new.turn_id):
        clock = Stopwatch()
        try:
            accepted = await _accept(member, new, clock)
        except DatabaseError as error:
            if not is_away(error):
                raise
            logger.warning("A turn could not be accepted: %s", error)
            raise Refused("unavailable", NOT_KEPT) from error
        if accepted.duplicate:
            end_turn_span("duplicate")
            return accepted, running.replies.get(accepted.turn_id)
        if accepted.decision is not None:
            accepted.decision.route.decided_ms = clock.milliseconds()
        reply = Reply(turn_id=accepted.turn_id, thread_id=new.thread_id)
        run = TurnRun(
            new=new,
            organisation_id=member.organisation_id,
            user_id=member.user_id,
            decision=accepted.decision,
            reply=reply,
            clock=clock,
        )
        running.start(reply, run.live())
    return accepted, reply


async def _accept(member: Member, new: NewTurn, clock: Stopwatch) -> Accepted:
    await refresh_routing()
    await here.ensure_registered()

    def job() -> Accepted:
        return accept.accept(member=member, new=new, started_at=clock.started_at)

    try:
        return await writer.run(job)
    except IntegrityError:  # the same id came through another process just now: it is there
        return await writer.run(job)


async def stop_turn(*, member: Member, turn_id: UUID) -> None:
    """Stop a turn wherever it runs; one that has ended stays as it is. Raises Refused."""
    if await writer.run(lambda: stop.ask_stop(member=member, turn_id=turn_id)):
        running.stop(turn_id)
