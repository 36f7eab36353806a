"""The signals that the chat sends. It works the same when nobody listens."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.dispatch import Signal

from chatcore.models import Turn
from routing.route import Route


class TurnFinished(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a turn that has ended, or of a call of our own. It holds no text."""

    turn_id: UUID
    """The turn; for a request that is none (a test of a key) an id of its own."""
    thread_id: UUID | None
    organisation_id: int | None
    user_id: int | None
    source: str
    status: str
    error_code: str = ""
    """Why it failed, as the `failed` frame says it."""
    route: Route
    started_at: datetime
    """When the work on it began, as its row says."""
    latency_ms: int | None
    """None: nobody knows, for its process died."""
    time_to_first_token_ms: int | None
    stored_ms: int | None = None
    """From the request's coming until its end was stored; None where it was not."""


def finished_of(turn: Turn, route: Route) -> TurnFinished:
    """What is told of a turn that has ended, from its row."""
    return TurnFinished(
        turn_id=turn.pk,
        thread_id=turn.thread_id,
        organisation_id=turn.organisation_id,
        user_id=turn.user_id,
        source=turn.source,
        status=turn.status,
        error_code=turn.error_code,
        route=route,
        started_at=turn.started_at,
        latency_ms=turn.latency_ms,
        time_to_first_token_ms=turn.time_to_first_token_ms,
    )


turn_finished = Signal()
"""Sent with `finished: TurnFinished`, after the reply is stored and its last frame is out."""

web_begins = Signal()
"""Sent without arguments in a web process's loop, before its first connection is answered."""

web_ends = Signal()
"""Sent without arguments in that loop, when the last reply has ended and the database is still open.
The process waits for its listeners."""

turns_leave = Signal()
"""Sent with `turns: Sequence[Turn]`, in a worker's transaction, before their rows are removed for good.
A listener answers with the ids of those that stay for now; one that raises keeps them all."""

seeded = Signal()
"""Sent without arguments by the `seed` command, when its own rows are there."""
