"""The table of conversations."""

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

    class TitleSource(models.TextChoices):
        GENERATED = "generated"
        OWNER = "owner"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="threads")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="threads"
    )
    title = models.CharField(max_length=120, blank=True)
    title_source = models.CharField(
        max_length=9, choices=TitleSource.choices, default=TitleSource.GENERATED
    )
    """Who named it. Only a generated title is ever replaced by another generated one."""
    head = models.ForeignKey("Turn", null=True, on_delete=models.SET_NULL, related_name="+")
    """Its newest turn. The conversation is the line of that turn's parents."""
    last_position = models.PositiveIntegerField(default=0)
    """The position of the turn that was accepted last."""
    summary = models.TextField(blank=True)
    """What was said up to `summarised_to`, for models whose window those turns no longer fit."""
    summarised_to = models.ForeignKey(
        "Turn", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The last turn that the summary covers; it holds only for lines that contain this turn."""
    summary_wanted_at = models.DateTimeField(null=True, blank=True)
    """Set when a turn had to leave earlier ones out; the worker looks for it."""
    summary_not_before = models.DateTimeField(null=True, blank=True)
    """Until then the summary is somebody's work already, or rests after a failure."""
    summary_failures = models.PositiveSmallIntegerField(default=0)
    """In a row; each makes the pause longer."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)
    """When a turn was last accepted in it."""
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
