"""A conversation."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models

from chatcore.models.organisations import Organisation


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, *, user_id: int, organisation_id: int) -> Self:
        """The threads this member may see: their own, in their organisation, not deleted."""
        return self.filter(
            organisation_id=organisation_id, owner_id=user_id, deleted_at__isnull=True
        )


class Thread(models.Model):
    """One conversation of one member."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="threads")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="threads"
    )
    title = models.CharField(max_length=120, blank=True)
    summary = models.TextField(blank=True)
    """What the turns up to `summarised_until` said, for models whose window they no longer fit."""
    summarised_until = models.DateTimeField(null=True, blank=True)
    summary_wanted_at = models.DateTimeField(null=True, blank=True)
    """Set when a turn had to leave earlier ones out; the worker looks for it."""
    summary_not_before = models.DateTimeField(null=True, blank=True)
    """Until then the summary is somebody's work already, or rests after a failure."""
    summary_failures = models.PositiveSmallIntegerField(default=0)
    """In a row; each makes the pause longer."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)
    """When it was last spoken in."""
    deleted_at = models.DateTimeField(null=True, blank=True)
    """Deleted threads are hidden at once and purged by the worker later."""

    objects = ThreadQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["owner", "-updated_at"]),
            models.Index(
                fields=["summary_wanted_at"],
                condition=models.Q(summary_wanted_at__isnull=False),
                name="wanted_summaries",
            ),
        ]
        default_permissions = ("view",)
        permissions = [
            ("chat", "Can chat"),
            ("read_conversations", "Can read what people and models wrote"),
        ]

    def __str__(self) -> str:
        return f"Chat {self.id.hex[:12]}"  # the title is somebody's own words
