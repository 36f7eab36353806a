"""Writes what comes of a running turn: its attempts, its text so far, and its end.

Plain sync jobs for the writer, each inside a transaction. A turn is written only by the process that
it names, and only while it runs: whoever else ended it first is right.
"""

from datetime import datetime
from uuid import UUID

from chatcore.errors import Refused
from chatcore.models import Turn
from chatcore.models.turns import TurnQuerySet
from chatcore.replies.outcome import Outcome
from chatcore.turns.processes import here


def mine(turn_id: UUID) -> TurnQuerySet:
    """The turn, if it still runs in this process."""
    return Turn.objects.filter(pk=turn_id, status=Turn.Status.RUNNING, process=here.id)


def note_attempts(turn_id: UUID, route: bytes) -> None:
    """Make a further attempt durable before its call. Raises Refused when the turn is not ours."""
    if not mine(turn_id).update(route=route.decode()):
        raise Refused("interrupted", "This turn no longer runs here.")


def keep_text(turn_id: UUID, text: str, seq: int) -> None:
    """Keep how far a reply has come."""
    mine(turn_id).update(reply=text, seq=seq)


def finish(
    turn_id: UUID,
    *,
    text: str,
    seq: int,
    outcome: Outcome,
    route: bytes,
    finished_at: datetime,
) -> bool:
    """The one final write; False when somebody else has ended the turn.

    Where it was written before, and only the answer to that COMMIT was lost, the row says so.
    """
    written = mine(turn_id).update(
        **outcome.columns(), reply=text, seq=seq, route=route.decode(), finished_at=finished_at
    )
    return bool(written) or (
        Turn.objects.filter(
            pk=turn_id,
            process=here.id,
            status=outcome.status,
            reply=text,
            seq=seq,
            route=route.decode(),
            finished_at=finished_at,
        ).exists()
    )
