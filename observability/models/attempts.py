"""What came of every provider call: one row each, without any text."""

from django.db import models


class AttemptRecord(models.Model):
    """One provider call; or one turn for which nobody was called: a reply from the cache, or none.

    Rows outlive the threads, people and prices they speak of, hence plain ids. Durations are
    milliseconds; those of a call count from its beginning. What belongs to the whole turn stands on
    each of its rows alike.
    """

    turn_id = models.UUIDField()
    """The turn; for a call that is none (a test of a key) an id of its own."""
    thread_id = models.UUIDField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=8)
    concludes = models.BooleanField(default=False)
    """Whether it stands for its turn; exactly one row of each turn does: the one whose words are the
    reply. Counting these counts turns."""
    turn_status = models.CharField(max_length=11, blank=True)
    error_code = models.CharField(max_length=30, blank=True)
    """Why the turn failed, as the user was told."""
    latency_ms = models.PositiveIntegerField(null=True)
    """The whole turn's."""
    time_to_first_token_ms = models.PositiveIntegerField(null=True)
    """As the user met it: from the request's coming, whoever answered."""
    intent = models.CharField(max_length=50, blank=True)
    confidence = models.FloatField(null=True)
    """The intent's score: the sum of its evidence, 0 and more."""
    policy_version = models.PositiveIntegerField()
    ladder = models.CharField(max_length=60, blank=True)
    number = models.PositiveSmallIntegerField()
    """From 1 within its turn; 0 where nobody was called."""
    rung = models.PositiveSmallIntegerField(null=True)
    leg = models.PositiveSmallIntegerField(default=0)
    deployment = models.CharField(max_length=180, blank=True)
    provider = models.CharField(max_length=60, blank=True)
    model_asked = models.CharField(max_length=120, blank=True)
    model_answered = models.CharField(max_length=120, blank=True)
    key_label = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=9)
    error = models.CharField(max_length=30, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    fallback_used = models.BooleanField(default=False)
    cache_hit = models.BooleanField(default=False)
    queued_ms = models.PositiveIntegerField(null=True)
    """From the request's coming to the beginning of this call."""
    opened_ms = models.PositiveIntegerField(null=True)
    first_token_ms = models.PositiveIntegerField(null=True)
    total_ms = models.PositiveIntegerField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cache_read_tokens = models.PositiveIntegerField(null=True)
    cache_write_tokens = models.PositiveIntegerField(null=True)
    reasoning_tokens = models.PositiveIntegerField(null=True)
    search_queries = models.PositiveIntegerField(null=True)
    usage_source = models.CharField(max_length=9)
    cost_usd = models.DecimalField(max_digits=21, decimal_places=12, null=True)
    """None: no price was known. Sum it with `observability.figures.ExactSum` only."""
    cost_source = models.CharField(max_length=9)
    price_id = models.BigIntegerField(null=True)
    saved_usd = models.DecimalField(max_digits=21, decimal_places=12, null=True)
    """What a reply from the cache had cost when it was made."""
    finish_reason = models.CharField(max_length=20, blank=True)
    raw_finish_reason = models.CharField(max_length=60, blank=True)
    truncated = models.BooleanField(default=False)
    truncated_reason = models.CharField(max_length=20, blank=True)
    started_at = models.DateTimeField()
    """When its request came."""

    class Meta:
        ordering = ["-started_at", "turn_id", "number"]
        default_permissions = ("view",)
        verbose_name = "attempt"
        constraints = [
            models.UniqueConstraint(fields=["turn_id", "number"], name="one_record_an_attempt"),
            models.UniqueConstraint(
                fields=["turn_id"],
                condition=models.Q(concludes=True),
                name="one_conclusion_a_turn",
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at"]),
            models.Index(fields=["organisation_id", "-started_at"]),
            models.Index(fields=["provider", "-started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.deployment or 'cache'}: {self.status}"
