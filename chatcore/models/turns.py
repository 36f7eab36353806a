"""One prompt and its reply."""

import uuid
from typing import Self

from django.db import models

from chatcore.models.threads import Thread


class TurnQuerySet(models.QuerySet["Turn"]):
    def visible_to(self, *, user_id: int, organisation_id: int) -> Self:
        """The turns of the threads this member may see."""
        return self.filter(
            thread__organisation_id=organisation_id,
            thread__owner_id=user_id,
            thread__deleted_at__isnull=True,
        )

    def with_replacement(self) -> Self:
        """Each with `replaced_by`: the id of the turn that retries or edits it, or None."""
        later = Turn.objects.filter(replaces=models.OuterRef("pk")).order_by("-created_at")
        return self.annotate(replaced_by=models.Subquery(later.values("pk")[:1]))


class Turn(models.Model):
    """A prompt and its reply: one row, one status, from accept to end."""

    class Status(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        STOPPED = "stopped"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    class Thumb(models.TextChoices):
        UP = "up"
        DOWN = "down"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="turns")
    position = models.PositiveIntegerField()
    """Its place in the thread, from 1; given under the thread's lock, so no clock decides it."""
    client_id = models.UUIDField()
    """The asker's own id: the same one twice is one turn."""
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """The turn that this one retries or edits."""
    replaced = models.BooleanField(default=False)
    """Whether a later turn took its place; it no longer counts as context."""
    source = models.CharField(max_length=8, default="chat")
    wanted = models.CharField(max_length=180, blank=True)
    """The deployment that the user asked for by name, if any."""

    prompt = models.TextField()
    reply = models.TextField(blank=True)
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.RUNNING)
    seq = models.BigIntegerField(default=0)
    """How far `reply` has come: leg x 2^32 + characters."""
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    """While it runs: until when its process is believed to live, by the database's clock."""
    stop_asked = models.BooleanField(default=False)

    intent = models.CharField(max_length=50, blank=True)
    route = models.TextField(blank=True)
    """The `routing.route.Route` as JSON: the whole explanation."""
    policy_version = models.PositiveIntegerField(null=True)
    provider = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=120, blank=True)
    label = models.CharField(max_length=80, blank=True)
    """What people call that model."""
    reason = models.CharField(max_length=300, blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    truncated_reason = models.CharField(max_length=20, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    usage_source = models.CharField(max_length=9, blank=True)
    cost_usd = models.DecimalField(max_digits=21, decimal_places=12, null=True)
    cost_source = models.CharField(max_length=9, blank=True)
    citations = models.JSONField(default=list)
    cache_hit = models.BooleanField(default=False)
    fallback_used = models.BooleanField(default=False)
    error_code = models.CharField(max_length=30, blank=True)
    asked = models.CharField(
        max_length=200, blank=True, help_text="The providers that were asked in vain."
    )
    latency_ms = models.PositiveIntegerField(null=True)
    time_to_first_token_ms = models.PositiveIntegerField(null=True)

    thumb = models.CharField(max_length=4, choices=Thumb.choices, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["thread", "position"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "client_id"], name="one_turn_for_each_client_id"
            ),
            models.UniqueConstraint(fields=["thread", "position"], name="one_turn_for_each_place"),
            models.CheckConstraint(
                condition=models.Q(status="running") | models.Q(finished_at__isnull=False),
                name="an_ended_turn_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="turns_by_time"),
            models.Index(
                fields=["lease_expires_at"],
                condition=models.Q(status="running"),
                name="running_turns",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
