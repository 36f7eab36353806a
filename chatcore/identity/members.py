"""Finds the member of an organisation behind a session or an API token.

A person may belong to several organisations. They chat in one at a time: the one that their session
remembers, else the first that they came to belong to. An API token is bound to one.
"""

from datetime import timedelta
from importlib import import_module

import msgspec
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chatcore.identity.permissions import CHAT, roles_with
from chatcore.models import ApiToken, Membership

USED_NOTED_EVERY = timedelta(minutes=1)
CHOSEN = "organisation"
"""Under which a session remembers the organisation in which its person chats."""


class Member(msgspec.Struct, frozen=True):
    """A person, or a program on a person's behalf, who may chat."""

    user_id: int
    organisation_id: int
    username: str
    source: str = "chat"
    """What their turns are counted under; a program's is what its token was made for."""


def places_of(user_id: int) -> QuerySet[Membership]:
    """The memberships in which somebody may chat, the oldest first."""
    held = Membership.objects.filter(
        user_id=user_id,
        user__is_active=True,
        organisation__active=True,
        role__in=roles_with(CHAT),
    )
    return held.select_related("user", "organisation").order_by("pk")


def member_in(user_id: int, organisation_id: int) -> Member | None:
    """The member that a person is in an organisation; None where they may not chat there."""
    place = places_of(user_id).filter(organisation_id=organisation_id).first()
    return None if place is None else _member(place)


def member_of_user(user_id: int, session: SessionBase) -> Member | None:
    """The member that a signed-in person is just now; None where they may chat in no organisation."""
    places = list(places_of(user_id))
    chosen = session.get(CHOSEN)
    place = next((each for each in places if each.organisation_id == chosen), None)
    if place is None:
        place = places[0] if places else None
    return None if place is None else _member(place)


def member_of_session(session_key: str) -> Member | None:
    """Whose session it is; None when it has expired, the password has changed, or nobody may chat."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return member_of_user(user.pk, request.session) if user.is_authenticated and user.pk else None


def member_of_token(token: str) -> Member | None:
    """On whose behalf an API token acts; None when it is unknown, expired, revoked or out of place.

    Notes the token's use, at most once a minute.
    """
    now = timezone.now()
    row = (
        ApiToken.objects.filter(digest=ApiToken.digest_of(token), revoked_at__isnull=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .first()
    )
    member = None if row is None else member_in(row.user_id, row.organisation_id)
    if row is None or member is None:
        return None
    if row.last_used_at is None or row.last_used_at <= now - USED_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return msgspec.structs.replace(member, source=row.source)


def _member(place: Membership) -> Member:
    return Member(
        user_id=place.user_id,
        organisation_id=place.organisation_id,
        username=place.user.get_username(),
    )
