"""What the chat tells whoever listens. It works the same when nobody does."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.dispatch import Signal

from routing.route import Route


class TurnFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A turn, or a request of ours without one, has ended. It holds no text."""

    turn_id: UUID
    """The turn; for a request without one an id of its own."""
    thread_id: UUID | None
    organisation_id: int | None
    user_id: int | None
    source: str
    status: str
    error_code: str = ""
    """Why it failed, as the `failed` frame says it."""
    route: Route
    started_at: datetime
    latency_ms: int | None
    """None: nobody knows, for its process died."""
    time_to_first_token_ms: int | None
    stored_ms: int | None = None
    """From the request's coming until its end was stored; None where it was not."""


turn_finished = Signal()
"""Sent with `finished: TurnFinished`, after the reply is stored and its last frame is out."""

web_begins = Signal()
"""Sent without arguments in a web process's loop, before its first connection is answered."""

web_ends = Signal()
"""Sent without arguments in that loop, when the last reply has ended and the database is still open.
The process waits for its listeners."""

turns_leave = Signal()
"""Sent with `turns: Sequence[Turn]` (with their threads), in a worker's transaction, before their rows
are removed for good. A listener answers with the ids of those that stay for now; one that raises
keeps them all."""

seeded = Signal()
"""Sent without arguments by the `seed` command, when its own rows are there."""
