"""The smoke evaluation: its messages, the checks of their answers, and the results of each run."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from chatcore.models.single_row import SingleRow

SERVICE_ORGANISATION = "Smoke evaluation"
"""The organisation of the evaluation's own account; it is not offered among people's."""


class SmokeSettings(SingleRow):
    """The settings of every run."""

    spend_cap_usd = models.DecimalField(
        "spending limit (USD)",
        max_digits=9,
        decimal_places=4,
        default=Decimal("0.50"),
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="Once a run has cost this much, its remaining cases are not run and it fails.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    """No night before this one is due."""

    class Meta:
        default_permissions = ("view", "change")
        verbose_name = verbose_name_plural = "smoke evaluation settings"

    def __str__(self) -> str:
        return "Smoke evaluation settings"


class SmokeCase(models.Model):
    """One message of the evaluation's conversation, and what must come of it."""

    class Answerer(models.TextChoices):
        FIRST = "first", "The first rung of its ladder that can serve"
        ANY = "any", "Any rung of its ladder"
        NAMED = "named", "The model named below"

    shipped = models.SlugField(  # noqa: DJ001  # unique, and what staff add has none
        null=True, unique=True, editable=False
    )
    """What a case that comes with the software is known by; staff may change all else of it."""
    name = models.CharField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(
        default=100, help_text="All cases are asked in this order, in one conversation."
    )
    enabled = models.BooleanField(default=True, help_text="Off: it is not asked.")
    prompt = models.TextField(help_text="What is asked.")
    intent = models.CharField(
        "expected intent", max_length=50, help_text="The intent that it must be taken for."
    )
    answerer = models.CharField(
        "who must answer",
        max_length=5,
        choices=Answerer.choices,
        default=Answerer.FIRST,
        help_text="The ladder of the intent, as it stands when the case is asked.",
    )
    deployment = models.CharField(
        "model", max_length=180, blank=True, help_text="Only where a certain model must answer."
    )
    asks_about = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The earlier case that this one speaks of: the model must have been sent it and "
        "all that was said since. Empty: the case before.",
    )
    latency_limit_ms = models.PositiveIntegerField(
        "longest wait (ms)", default=60_000, help_text="From the message to the whole answer."
    )
    cost_limit_usd = models.DecimalField(
        "highest cost (USD)", max_digits=9, decimal_places=4, default=Decimal("0.05")
    )

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class SmokeCheck(models.Model):
    """One thing that a right answer shows."""

    class Kind(models.TextChoices):
        CONTAINS = "contains", "Contains"
        NOT_CONTAINS = "not_contains", "Does not contain"
        MATCHES = "matches", "Matches (RE2)"
        JSON = "json", "Is JSON"
        MAX_WORDS = "max_words", "Has at most so many words"

    case = models.ForeignKey(SmokeCase, on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    value = models.CharField(
        max_length=500,
        blank=True,
        help_text="The text, in which capitals do not matter; the RE2 pattern, in which they do; "
        "or the number of words. Empty for JSON.",
    )

    class Meta:
        ordering = ["id"]
        default_permissions = ()  # who may change a case may change its checks
        verbose_name = "check"

    def __str__(self) -> str:
        words = {
            self.Kind.CONTAINS: f"contains “{self.value}”",
            self.Kind.NOT_CONTAINS: f"does not contain “{self.value}”",
            self.Kind.MATCHES: f"matches {self.value}",
            self.Kind.JSON: "is JSON",
            self.Kind.MAX_WORDS: f"has at most {self.value} words",
        }
        return words[self.Kind(self.kind)]


class SmokeRun(models.Model):
    """All cases, asked once."""

    class Trigger(models.TextChoices):
        NIGHT = "night", "by the clock"
        ADMIN = "admin", "from the admin"
        COMMAND = "command", "by the command"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        ENDED = "ended"

    class Verdict(models.TextChoices):
        PASSED = "passed"
        FAILED = "failed"
        OUTAGE = "outage"
        CAPPED = "capped"
        ABORTED = "aborted"

    trigger = models.CharField("started", max_length=7, choices=Trigger.choices)
    night = models.DateField(null=True, unique=True)
    """The night (UTC) that it is the run of: two clocks make one run."""
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.QUEUED)
    verdict = models.CharField(max_length=7, choices=Verdict.choices, blank=True)
    why = models.CharField(max_length=300, blank=True)
    """The verdict in a sentence."""
    changes = models.JSONField(default=list)
    """Sentences: what is not as it was at the last run that passed."""
    base_url = models.CharField("address", max_length=300, blank=True)
    thread_id = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    """Until when whoever runs it is believed to live."""
    created_at = models.DateTimeField("asked for", auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cost_usd = models.DecimalField("cost (USD)", max_digits=21, decimal_places=12, default=0)
    """All provider calls; a lower bound where `unpriced` is not 0."""
    unpriced = models.PositiveSmallIntegerField(default=0)
    """Calls whose cost nobody knows."""

    class Meta:
        ordering = ["-created_at", "-id"]
        default_permissions = ("view", "add")
        verbose_name = "smoke evaluation"

    def __str__(self) -> str:
        return f"Smoke evaluation {self.pk}"


class SmokeResult(models.Model):
    """What came of one case in one run. It outlives the case, hence the copies."""

    class Verdict(models.TextChoices):
        PASSED = "passed"
        FAILED = "failed"
        NOT_RUN = "not run"

    run = models.ForeignKey(SmokeRun, on_delete=models.CASCADE, related_name="results")
    case = models.ForeignKey(SmokeCase, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=60)
    place = models.PositiveSmallIntegerField()
    """From 1."""
    verdict = models.CharField(max_length=7, choices=Verdict.choices)
    checks = models.JSONField(default=list)
    """`observability.smoke.verdicts.Check`s."""
    turn_id = models.UUIDField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=30, blank=True)
    intent = models.CharField(max_length=50, blank=True)
    deployment = models.CharField(max_length=180, blank=True)
    """Who answered, as `<provider>/<model>`."""
    policy_version = models.PositiveIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=21, decimal_places=12, null=True)
    """All calls of the turn; None where no price was known for one."""
    context_turns = models.PositiveSmallIntegerField(null=True)
    """Earlier turns that the model was sent."""

    class Meta:
        ordering = ["run", "place"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "place"], name="one_result_for_each_place")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"
