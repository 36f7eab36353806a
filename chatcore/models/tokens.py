"""The table of API tokens, with which programs sign in."""

import hashlib
import hmac
import secrets

from django.conf import settings
from django.db import models

from chatcore.models.organisations import Organisation

PREFIX = "cc_"


class ApiToken(models.Model):
    """A program's credential: shown once, kept as a keyed hash, bound to a member."""

    name = models.CharField(max_length=60, help_text="What it is used for, e.g. nightly report.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        verbose_name="person",
        help_text="On whose behalf it acts.",
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, help_text="In which of their organisations."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    source = models.CharField(max_length=8, default="api", editable=False)
    """What its turns are counted under; only the site itself makes another kind."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty: until it is revoked."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ("view", "add")
        permissions = [("revoke_apitoken", "Can revoke API tokens")]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"

    @staticmethod
    def make() -> str:
        """A new token's text; only its digest is kept."""
        return PREFIX + secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(token: str) -> str:
        """The keyed hash under which a token is looked up."""
        key = hashlib.sha256(b"chatcore api token" + settings.SECRET_KEY.encode()).digest()
        return hmac.new(key, token.encode(), hashlib.sha256).hexdigest()
