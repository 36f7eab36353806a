"""Finds the member of an organisation behind a session or an API token."""

from datetime import timedelta
from importlib import import_module

import msgspec
from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from chatcore.models import ApiToken, Membership

USED_NOTED_EVERY = timedelta(minutes=1)


class Member(msgspec.Struct, frozen=True):
    """A person, or a program on a person's behalf, who may chat."""

    user_id: int
    organisation_id: int
    username: str
    is_staff: bool
    source: str = "chat"
    """What their turns are counted under; a program's is what its token was made for."""


def member_of_user(user_id: int) -> Member | None:
    """The member that an account is; None without a place in an active organisation."""
    membership = (
        Membership.objects.select_related("user")
        .filter(user_id=user_id, user__is_active=True, organisation__active=True)
        .first()
    )
    return None if membership is None else _member(membership)


def member_of_session(session_key: str) -> Member | None:
    """Whose session it is; None when it has expired, the password has changed, or nobody may chat."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return member_of_user(user.pk) if user.is_authenticated and user.pk else None


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
    if row is None:
        return None
    member = member_of_user(row.user_id)
    if member is None or member.organisation_id != row.organisation_id:
        return None  # the person has left the organisation that the token was made for
    if row.last_used_at is None or row.last_used_at <= now - USED_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return msgspec.structs.replace(member, source=row.source)


def _member(membership: Membership) -> Member:
    return Member(
        user_id=membership.user_id,
        organisation_id=membership.organisation_id,
        username=membership.user.get_username(),
        is_staff=membership.user.is_staff,
    )
