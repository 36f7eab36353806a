"""Who is this, and may they chat? From a session or a token to a member of an organisation."""

import os
import secrets
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import msgspec
from django.conf import settings
from django.contrib.auth import authenticate, get_user, get_user_model
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from chatcore.models import ApiToken, Membership, Organisation

USED_NOTED_EVERY = timedelta(minutes=1)
DEMO_PASSWORD = "CHATCORE_DEMO_PASSWORD"  # the variable's name
DEMO_ACCOUNTS = {"demo": False, "staff": True}
"""Name -> whether it is a superuser."""


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


def make_demo_accounts(file: Path) -> None:
    """An end user and a superuser in the organisation "Demo"; their logins go into `file` (0600).

    Their passwords come from CHATCORE_DEMO_PASSWORD, else they are random and stay as the file has
    them, so that a restart changes nothing.
    """
    noted = _noted(file)
    wanted = os.environ.get(DEMO_PASSWORD, "").strip()
    passwords = {
        name: wanted or noted.get(name) or secrets.token_urlsafe(12) for name in DEMO_ACCOUNTS
    }
    with transaction.atomic():
        organisation, _ = Organisation.objects.get_or_create(name="Demo")
        for name, password in passwords.items():
            _demo_account(name, password, organisation, superuser=DEMO_ACCOUNTS[name])
    _note(file, passwords)


def _demo_account(name: str, password: str, organisation: Organisation, *, superuser: bool) -> None:
    user, _ = get_user_model().objects.get_or_create(
        username=name, defaults={"is_staff": superuser, "is_superuser": superuser}
    )
    if authenticate(username=name, password=password) is None:
        user.set_password(password)
        user.is_active = True
        user.save(update_fields=["password", "is_active"])
    Membership.objects.get_or_create(user=user, defaults={"organisation": organisation})


def _noted(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    lines = (line.split(maxsplit=1) for line in file.read_text().splitlines())
    return {parts[0]: parts[1].strip() for parts in lines if len(parts) == 2}


def _note(file: Path, passwords: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    # Made with its mode: between a write and a chmod anyone could read it.
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.writelines(f"{name} {password}\n" for name, password in passwords.items())
    fresh.replace(file)
