"""Stops turns: one that somebody no longer wants, or all of a thread that is deleted.

Whoever runs a turn reads its row every two seconds, and hears there that it shall stop.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.turns.lookup import visible


def ask_stop(*, member: Member, turn_id: UUID) -> bool:
    """Note that a turn shall stop, wherever it runs; False when it has ended already.

    Raises Refused for a turn that this member cannot see.
    """
    turns = visible(member).filter(pk=turn_id)
    if turns.filter(status=Turn.Status.RUNNING).update(stop_asked=True):
        return True
    if not turns.exists():
        raise Refused("not_found", "There is no such turn.")
    return False


def delete_thread(thread_id: UUID) -> None:
    """Hide a thread, and have everything stop that is being written in it.

    It is locked first, as for an accept: a turn is either stopped, or no longer accepted.
    """
    with transaction.atomic():
        thread = Thread.objects.select_for_update().get(pk=thread_id)
        thread.deleted_at = thread.deleted_at or timezone.now()
        thread.save(update_fields=["deleted_at"])
        thread.turns.filter(status=Turn.Status.RUNNING).update(stop_asked=True)
