"""Makes the demo accounts and keeps the file with their logins."""

import os
import secrets
from pathlib import Path

from django.contrib.auth import authenticate, get_user_model
from django.db import transaction

from chatcore.models import Membership, Organisation

DEMO_PASSWORD = "CHATCORE_DEMO_PASSWORD"  # the variable's name
DEMO_ACCOUNTS = {"demo": False, "staff": True}
"""Name -> whether it is a superuser."""


def make_demo_accounts(file: Path) -> None:
    """Make an end user and a superuser in the organisation "Demo"; note their logins in `file` (0600).

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
        username=name, defaults={"is_superuser": superuser}
    )
    if authenticate(username=name, password=password) is None:
        user.set_password(password)
        user.is_active = True
        user.save(update_fields=["password", "is_active"])
    Membership.objects.get_or_create(user=user, organisation=organisation)


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
