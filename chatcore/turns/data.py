"""Plain data about a turn: what is asked for, and what was accepted."""

from typing import Literal
from uuid import UUID, uuid4

import msgspec

from routing.services.decision import Decision


class NewTurn(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks."""

    turn_id: UUID
    thread_id: UUID
    client_id: UUID
    kind: Literal["ask", "retry", "edit"]
    text: str = ""
    target: UUID | None = None
    """The turn to retry or edit."""
    wanted: str = ""
    lease_token: UUID
    source: str = "chat"


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
    """What somebody asks, with ids of its own."""
    return NewTurn(
        turn_id=uuid4(),
        thread_id=thread_id,
        client_id=client_id or uuid4(),
        kind=kind,
        text=text,
        target=target,
        wanted=wanted,
        lease_token=uuid4(),
        source=source,
    )


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that is in the database."""

    turn_id: UUID
    client_id: UUID
    prompt: str
    duplicate: bool = False
    waits: bool = False
    """Another turn of the thread runs; this one has no decision yet."""
    decision: Decision | None = None
    replaces: UUID | None = None
