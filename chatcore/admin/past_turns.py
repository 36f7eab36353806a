"""Lets "Try a message" read past turns."""

from django.contrib.auth.models import AbstractBaseUser

from chatcore.identity.permissions import READ_CONVERSATIONS
from chatcore.models import Turn, User
from chatcore.turns.history import history_of, line_to
from chatcore.turns.references import ids_of
from routing.admin.try_message import Asked, read_past_turns_from


def past_turn(text: str, user: AbstractBaseUser) -> Asked | None:
    """The turn of an id or a reference, with what was said before it.

    None when there is not exactly one, and for whoever may not read what people wrote.
    """
    ids = ids_of(text)
    if ids is None or not _may_read(user):
        return None
    found = Turn.objects.select_related("thread").filter(pk__range=ids)[:2]
    if len(found) != 1 or found[0].thread is None:
        return None
    history = history_of(found[0].thread, line_to(found[0].parent_id))
    return Asked(found[0].prompt, history)


def _may_read(user: AbstractBaseUser) -> bool:
    return isinstance(user, User) and user.has_perms([READ_CONVERSATIONS, "chatcore.view_turn"])


read_past_turns_from(past_turn)
