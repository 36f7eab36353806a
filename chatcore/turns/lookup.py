"""Looks up turns and threads for members, who see only their own."""

from uuid import UUID

from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.models.turns import TurnQuerySet


def visible(member: Member) -> TurnQuerySet:
    """The turns that a member may see."""
    return Turn.objects.visible_to(user_id=member.user_id, organisation_id=member.organisation_id)


def look_up(*, member: Member, turn_id: UUID) -> Turn:
    """A turn as its row is now. Raises Refused."""
    turn = visible(member).filter(pk=turn_id).first()
    if turn is None:
        raise Refused("not_found", "There is no such turn.")
    return turn


def may_see_thread(*, member: Member, thread_id: UUID) -> bool:
    """Whether a thread is this member's."""
    return (
        Thread.objects.visible_to(user_id=member.user_id, organisation_id=member.organisation_id)
        .filter(pk=thread_id)
        .exists()
    )
