"""The table of sign-ins that failed lately; the worker empties it daily of what no rule looks at."""

from django.db import models


class FailedLogin(models.Model):
    """One wrong password, for one account name, from one address."""

    account = models.CharField(max_length=64)
    """A digest of the name that was typed: people type passwords there by mistake."""
    address = models.CharField(max_length=45)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["account", "created_at"]),
            models.Index(fields=["address", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.address} at {self.created_at:%Y-%m-%d %H:%M}"
