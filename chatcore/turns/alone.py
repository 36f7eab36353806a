"""Answers a request of the site's own, on a member's behalf, as a turn without a thread."""

from functools import partial

from chatcore.db.writer import writer
from chatcore.replies.outcome import Outcome
from chatcore.replies.reply import Reply
from chatcore.turns.accept import accept_alone
from chatcore.turns.data import NewTurn
from chatcore.turns.processes import here
from chatcore.turns.run import TurnRun
from chatcore.turns.running import running
from chatcore.turns.stopwatch import Stopwatch
from chatcore.turns.tracing import turn_span
from routing.services.decision import Decision


async def answer_alone(
    *, organisation_id: int, user_id: int, source: str, decision: Decision
) -> tuple[Outcome, str]:
    """Answer as decided; gives how it ended, and the text.

    The row keeps neither prompt nor text: they are made from a thread, and whoever purges that must
    not have to look here too.
    """
    new = NewTurn(thread_id=None, client_id=None, kind="ask", source=source, keeps_text=False)
    with turn_span(), running.accepting(new.turn_id):
        clock = Stopwatch()
        decision.mark_first_attempt()
        await here.ensure_registered()
        await writer.run(
            partial(
                accept_alone,
                organisation_id=organisation_id,
                user_id=user_id,
                new=new,
                decision=decision,
                started_at=clock.started_at,
            )
        )
        decision.route.decided_ms = clock.milliseconds()
        reply = Reply(turn_id=new.turn_id)
        run = TurnRun(
            new=new,
            organisation_id=organisation_id,
            user_id=user_id,
            decision=decision,
            reply=reply,
            clock=clock,
        )
        outcome = await run.live()
    return outcome, reply.text
