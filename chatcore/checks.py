"""Does the site know where people reach it? Asked before a deployment, for nothing else would tell."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
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
