"""What the chat tells whoever listens. It works the same when nobody does."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.dispatch import Signal

from routing.route import Route


class TurnFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A turn, or a request of ours without one, has ended. It holds no text."""

    turn_id: UUID | None
    thread_id: UUID | None
    organisation_id: int | None
    user_id: int | None
    source: str
    status: str
    route: Route
    started_at: datetime
    latency_ms: int
    time_to_first_token_ms: int | None


turn_finished = Signal()
"""Sent with `finished: TurnFinished`, after the reply is stored and its last frame is out."""
