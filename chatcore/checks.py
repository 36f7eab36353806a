"""What `manage.py check` looks at beside Django's own checks."""

from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError, connection
from django.db.models import Model
from django.http.request import validate_host

from chatcore.conf.environment import is_loopback
from chatcore.identity.permissions import SUPERUSERS_ONLY, permissions_of
from chatcore.models import Role

OURS = ("routing", "chatcore", "observability")


@register(deploy=True)
def reachable(**kwargs: Any) -> list[CheckMessage]:
    """A warning where links in mails and the smoke evaluation would lead nowhere."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    named = validate_host(host, settings.ALLOWED_HOSTS)
    if named and not (settings.HTTPS and is_loopback(host)):
        return []
    hint = "Set CHATCORE_URL to the address that people use, with a host that ALLOWED_HOSTS names."
    words = f"Links in mails and the smoke evaluation go to {settings.SITE_URL}, where nobody is let in."
    return [Warning(words, hint=hint, id="chatcore.W001")]


@register()
def permissions_are_in_the_table(**kwargs: Any) -> list[CheckMessage]:
    """An error for each name in the table that is no permission, or not where it belongs.

    The names of an app that is not installed are passed over.
    """
    given, ours = permissions_of(Role), _permissions_of_ours()
    known = {name for name in given | SUPERUSERS_ONLY if apps.is_installed(name.partition(".")[0])}
    faults = {
        "is no permission, but stands in the table": known - ours,
        "is given to no role, and does not stand in SUPERUSERS_ONLY": ours - known,
        "stands in SUPERUSERS_ONLY, though a role gives it": given & SUPERUSERS_ONLY,
    }
    hint = "See chatcore/identity/permissions.py."
    return [
        Error(f"{name} {fault}.", hint=hint, id="chatcore.E001")
        for fault, names in faults.items()
        for name in sorted(names)
    ]


def _permissions_of_ours() -> set[str]:
    installed = [app for app in OURS if apps.is_installed(app)]
    models = [model for app in installed for model in apps.get_app_config(app).get_models()]
    return {name for model in models for name in _permissions_of(model)}


def _permissions_of(model: type[Model]) -> set[str]:
    """As Django makes them (django.contrib.auth.management), without asking the database."""
    meta = model._meta
    codenames = [get_permission_codename(verb, meta) for verb in meta.default_permissions]
    codenames += [codename for codename, _ in meta.permissions]
    return {f"{meta.app_label}.{codename}" for codename in codenames}


@register(deploy=True)
def addresses_of_clients(**kwargs: Any) -> list[CheckMessage]:
    """A warning where every client has the proxy's address."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    words = "X-Forwarded-For is not read: failed sign-ins of all people are counted together."
    hint = (
        "Set TRUSTED_PROXIES to the number of proxies of yours that a request passes, most often 1."
    )
    return [Warning(words, hint=hint, id="chatcore.W002")]


@register(deploy=True)
def logs_of_the_database(**kwargs: Any) -> list[CheckMessage]:
    """A warning where PostgreSQL would log what people write, should it log statements."""
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW log_parameter_max_length")
            (length,) = cursor.fetchone()
    except DatabaseError:  # away, or older than PostgreSQL 13
        return []
    if length == "0":
        return []
    words = (
        "Where PostgreSQL logs statements, it logs their values: prompts, replies and session keys."
    )
    role = connection.settings_dict["USER"]
    hint = f"As its administrator: ALTER ROLE {role} SET log_parameter_max_length = 0;"
    return [Warning(words, hint=hint, id="chatcore.W003")]
