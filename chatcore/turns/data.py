"""Plain data about a turn: what is asked for, and what was accepted."""

from typing import Literal
from uuid import UUID, uuid4

import msgspec

from routing.services.decision import Decision


class NewTurn(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks."""

    turn_id: UUID = msgspec.field(default_factory=uuid4)
    thread_id: UUID | None
    client_id: UUID | None
    kind: Literal["ask", "retry", "edit"]
    text: str = ""
    target: UUID | None = None
    """The turn to retry or edit."""
    wanted: str = ""
    source: str = "chat"
    keeps_text: bool = True
    """Whether the row keeps the prompt and the reply."""


def new_turn(
    thread_id: UUID,
    client_id: UUID | None,
    *,
    kind: Literal["ask", "retry", "edit"],
    text: str = "",
    target: UUID | None = None,
    wanted: str = "",
    source: str = "chat",
) -> NewTurn:
    """What somebody asks in a thread, with ids of its own."""
    return NewTurn(
        thread_id=thread_id,
        client_id=client_id or uuid4(),
        kind=kind,
        text=text,
        target=target,
        wanted=wanted,
        source=source,
    )


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that is in the database."""

    turn_id: UUID
    duplicate: bool = False
    """It was there before, by the same id of the asker's."""
    decision: Decision | None = None
    """None for a duplicate, and for a turn that waits for another of its thread."""
    replaces: UUID | None = None
