"""The table of prompts and their replies."""

import uuid
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from chatcore.models.organisations import Organisation
from chatcore.models.threads import Thread

IN_CONVERSATION = """
    (COALESCE(chatcore_turn.parent_id, chatcore_turn.thread_id) IN (
        WITH RECURSIVE line AS (
            SELECT id, thread_id, parent_id FROM chatcore_turn WHERE id = %s
            UNION ALL
            SELECT t.id, t.thread_id, t.parent_id
            FROM chatcore_turn t JOIN line ON t.id = line.parent_id
        )
        SELECT COALESCE(parent_id, thread_id) FROM line
    )) IS TRUE
"""
"""Whether a turn stands at a place of a line. A place is named by the turn before it, the first one by
its thread. `IS TRUE` keeps PostgreSQL from joining what it had better look up in a hash."""


class TurnQuerySet(models.QuerySet["Turn"]):
    def visible_to(self, *, user_id: int, organisation_id: int) -> Self:
        """The turns of the threads this member may see; none that has no thread."""
        return self.filter(
            thread__organisation_id=organisation_id,
            thread__owner_id=user_id,
            thread__deleted_at__isnull=True,
        )

    def in_conversation(self, thread: Thread) -> Self:
        """The line of a thread's head, with all versions (retries, edits) of each of its turns.

        What followed a turn that was edited or retried later is on another branch, and left out.
        """
        start = self.model._meta.pk.get_db_prep_value(thread.head_id, connection)
        is_in_it = RawSQL(IN_CONVERSATION, [start], output_field=models.BooleanField())
        return self.filter(is_in_it, thread=thread)

    def with_replacement(self) -> Self:
        """Each with `replaced_by`: the id of the turn that retries or edits it, or None."""
        later = Turn.objects.filter(replaces=models.OuterRef("pk")).order_by("-position")
        return self.annotate(replaced_by=models.Subquery(later.values("pk")[:1]))


class Turn(models.Model):
    """A prompt and its reply: one row, one status, from accept to end.

    A call that belongs to no conversation (a summary) is a turn without a thread: it has the same
    life and the same record, but no parent, no position, and is shown to no end user.
    """

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
    thread = models.ForeignKey(
        Thread,
        null=True,
        on_delete=models.CASCADE,
        related_name="turns",
        db_index=False,  # the unique constraints' indexes begin with it
    )
    # Without constraints in the database: each insert would lock the organisation's and the person's
    # row, which all turns of an organisation share.
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    """On whose behalf it was asked."""
    parent = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    """The turn it follows; null for a first one. Turns with the same parent are versions of each
    other. Once the parent was purged its id stands for nothing, but versions still share it."""
    position = models.PositiveIntegerField(null=True)
    """Its number in the thread, from 1, in the order of accept: a thread's turns run in that order."""
    client_id = models.UUIDField(null=True)
    """The asker's own id: the same one twice is one turn."""
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """The turn that this one retries or edits."""
    source = models.CharField(max_length=8, default="chat")
    wanted = models.CharField(max_length=180, blank=True)
    """The deployment that the user asked for by name, if any."""

    prompt = models.TextField()
    reply = models.TextField(blank=True)
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.RUNNING)
    seq = models.BigIntegerField(default=0)
    """How far `reply` has come: leg x 2^32 + characters."""
    process = models.UUIDField(null=True)
    """The `ServerProcess` that runs it, or ran it."""
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
    started_at = models.DateTimeField(default=timezone.now)
    """When the work on it began: at its accept, or once the turn that it waited for had ended."""
    finished_at = models.DateTimeField(null=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["thread", "position"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "client_id"], name="one_turn_for_each_client_id"
            ),
            models.UniqueConstraint(
                fields=["thread", "position"], name="one_turn_for_each_position"
            ),
            models.CheckConstraint(
                condition=models.Q(thread__isnull=False, position__isnull=False)
                | models.Q(thread__isnull=True, position__isnull=True, parent__isnull=True),
                name="a_turn_in_a_thread_has_a_position",
            ),
            models.CheckConstraint(
                condition=models.Q(status="running") | models.Q(finished_at__isnull=False),
                name="an_ended_turn_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="turns_by_time"),
            models.Index(
                fields=["thread", "position"],
                condition=models.Q(status="running"),
                name="running_turns",
            ),
            # For the filters of staff's list. What most rows have in common is found by time alone.
            models.Index(fields=["organisation", "created_at"], name="turns_by_organisation"),
            models.Index(fields=["intent", "created_at"], name="turns_by_intent"),
            models.Index(fields=["provider", "created_at"], name="turns_by_provider"),
            models.Index(
                fields=["status", "created_at"],
                condition=models.Q(status__in=["stopped", "interrupted", "failed"]),
                name="turns_by_status",
            ),
            models.Index(
                fields=["error_code", "created_at"],
                condition=~models.Q(error_code=""),
                name="turns_by_error",
            ),
            models.Index(
                fields=["thumb", "created_at"],
                condition=~models.Q(thumb=""),
                name="turns_by_thumb",
            ),
            models.Index(
                fields=["source", "created_at"],
                condition=~models.Q(source__in=["chat", "api"]),
                name="turns_by_source",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(fallback_used=True),
                name="turns_by_fallback",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(cache_hit=True),
                name="turns_from_cache",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
