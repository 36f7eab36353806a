"""The tables of the policy that staff edit, and of all its versions."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from routing.models.intents import Intent
from routing.models.providers import Deployment


class Policy(models.Model):
    """The settings that hold for every message, whatever its intent; there is one row."""

    class WhenUnsure(models.TextChoices):
        FALLBACK = "fallback", "To the ladder for everything else"
        PREVIOUS = "previous", "To the ladder of the message before"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    persona = models.TextField(blank=True, help_text="The system prompt that every model is given.")
    max_calls = models.PositiveSmallIntegerField(
        "calls per message",
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="Provider calls that one message may cost, retries included. Where none of them gave an "
        "answer, working models further down the ladder are still asked, up to 6 calls in all. Calls of "
        "demo models do not count.",
    )
    patience_s = models.FloatField(
        "patience (seconds)",
        default=3.0,
        validators=[MinValueValidator(0), MaxValueValidator(60)],
        help_text="How long a message waits for a provider that asks us to come back later; where it asks "
        "for longer, the next model is tried at once.",
    )
    turn_limit_s = models.PositiveIntegerField(
        "longest reply (seconds)",
        default=900,
        validators=[MinValueValidator(10), MaxValueValidator(7200)],
        help_text="A reply that takes longer is ended as interrupted, with the text it has.",
    )
    unsure_below = models.FloatField(
        default=0.35,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="A guess of an intent counts from this probability on, between 0 and 1. 0: every guess counts.",
    )
    when_unsure = models.CharField(
        "then",
        max_length=8,
        choices=WhenUnsure.choices,
        default=WhenUnsure.FALLBACK,
        help_text="Where a message goes of which no guess counts. The first message of a chat has none before it.",
    )
    reroute_filtered = models.BooleanField(
        "go round content filters",
        default=False,
        help_text="On: what one provider's content filter refuses is asked of the next rung.",
    )

    class Meta:
        default_permissions = ("view", "change")
        verbose_name_plural = "policy"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="policy_is_one_row")]

    def __str__(self) -> str:
        return "Policy"


class Ladder(models.Model):
    """The models that serve one purpose, in the order in which they are tried."""

    class CacheScope(models.TextChoices):
        USER = "user", "One user"
        THREAD = "thread", "One thread"
        ORGANISATION = "organisation", "The whole organisation"

    class OnBreak(models.TextChoices):
        RESTART = "restart", "Start the answer again with the next rung"
        INTERRUPT = "interrupt", "Keep what was said and offer Retry"

    name = models.SlugField(
        unique=True,
        help_text="The name of the intent it serves, or a purpose of its own such as summary.",
    )
    intent = models.OneToOneField(
        Intent, null=True, blank=True, on_delete=models.CASCADE, related_name="ladder"
    )
    cache_ttl_s = models.PositiveIntegerField(
        "keep replies (seconds)",
        default=0,
        help_text="How long a reply may be served again to the same question; 0: never. Only whole replies "
        "of the first model are kept for so long, those of a later one for a minute at most.",
    )
    cache_scope = models.CharField(
        "serve them again to",
        max_length=12,
        choices=CacheScope.choices,
        default=CacheScope.USER,
        help_text="Who may be given a kept reply when they ask the same question.",
    )
    on_break = models.CharField(
        "then",
        max_length=9,
        choices=OnBreak.choices,
        default=OnBreak.RESTART,
        help_text="What happens when a model fails after its first words. Before them, the next one takes over unseen.",
    )

    web_search = models.BooleanField(
        "may search the web",
        default=False,
        help_text="Offers web search to providers that have it (Perplexity); each search is charged.",
    )

    class Meta:
        ordering = [models.F("intent__position").asc(nulls_last=True), "name"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.name


class Rung(models.Model):
    """One model of a ladder, at its position.

    Neither position nor deployment is unique in the database: the admin saves row by row, and two
    rows that swap them would meet in between. The form refuses a model that stands there twice.
    """

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="rungs")
    deployment = models.ForeignKey(
        Deployment, verbose_name="model", on_delete=models.PROTECT, related_name="rungs"
    )
    position = models.PositiveSmallIntegerField(default=0, db_index=True)

    class Meta:
        ordering = ["position", "id"]
        default_permissions = ()  # who may change a ladder may change its rungs

    def __str__(self) -> str:
        return f"{self.ladder}: {self.deployment}"


class PolicyVersion(models.Model):
    """The whole policy as it was after one save; never changed, never deleted."""

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    difference = models.CharField(max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    reverted_to = models.PositiveIntegerField(
        null=True, help_text="The version whose content this one repeats."
    )

    class Meta:
        ordering = ["-number"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Version {self.number}"
