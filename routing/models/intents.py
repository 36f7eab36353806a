"""The tables of intents, of the rules that recognise them, and of what was learned of them."""

from django.db import models


class Intent(models.Model):
    """One kind of request that people make, e.g. help with code."""

    name = models.SlugField(unique=True, help_text="Used in logs and reports, e.g. coding_help.")
    label = models.CharField(max_length=60, help_text="What people see, e.g. coding help.")
    description = models.TextField(
        blank=True, help_text="What belongs here, in a sentence for colleagues."
    )
    examples = models.TextField(
        blank=True, help_text="Prompts that belong here, one a line; they teach the router."
    )
    enabled = models.BooleanField(default=True, help_text="Off: no message is given this intent.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.label


class IntentRule(models.Model):
    """One sign of an intent, with the weight it has."""

    class Kind(models.TextChoices):
        KEYWORD = "keyword", "Keyword or phrase"
        PATTERN = "pattern", "Pattern (RE2)"

    intent = models.ForeignKey(Intent, on_delete=models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.KEYWORD)
    text = models.CharField(
        max_length=1000, help_text="Case does not matter. Patterns are RE2 regular expressions."
    )
    weight = models.FloatField(
        default=1.0, help_text="1 is a hint, 3 is a clear request; at most 10."
    )

    class Meta:
        ordering = ["id"]
        default_permissions = ()  # who may edit an intent may edit its rules

    def __str__(self) -> str:
        return self.text


class LearnedHead(models.Model):
    """What was learned from one set of intents and examples; a policy version finds it by them."""

    digest = models.CharField(max_length=64, unique=True)
    head = models.JSONField()
    report = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Learned {self.made_at:%Y-%m-%d %H:%M}"
