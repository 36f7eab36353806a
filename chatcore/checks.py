"""What `manage.py check --deploy` looks at besides Django's own checks: what nothing else would tell."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError, connection
from django.http.request import validate_host

from chatcore.conf.environment import is_loopback


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
