"""Who belongs together. Everything that is said belongs to one organisation."""

from django.conf import settings
from django.db import models


class Organisation(models.Model):
    """A group of people who share nothing with any other."""

    name = models.CharField(max_length=80, unique=True)
    active = models.BooleanField(default=True, help_text="Off: its members cannot chat.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in an organisation. Without one they can sign in, but not chat."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organisation", "user"]

    def __str__(self) -> str:
        return f"{self.user} at {self.organisation}"
