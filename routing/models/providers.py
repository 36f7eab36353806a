"""The tables of providers, of their keys, and of the models that are used there.

`changed_at` moves with every save by staff, also one that changes nothing: processes then forget what
they had learned of the row. What must not count as such a save uses `update()` or `update_fields`.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models


class Provider(models.Model):
    """A vendor or server that answers, e.g. OpenAI."""

    class Probe(models.TextChoices):
        MODELS = "models", "Ask for its list of models: free"
        CALL = "call", "Ask the failing model for one token: costs a little"

    slug = models.SlugField(
        unique=True,
        help_text="Short name used in ladders and logs, e.g. openai. Cannot be changed later.",
    )
    name = models.CharField(max_length=60, help_text="What people see, e.g. OpenAI.")
    wire = models.CharField(
        max_length=30,
        help_text="The protocol this provider speaks; most other servers speak chat_completions.",
    )
    base_url = models.CharField(
        max_length=300,
        blank=True,
        verbose_name="address",
        help_text="Ends in the version path, e.g. https://api.openai.com/v1 (Gemini: /v1beta); the rest of "
        "a call's path is added to it. An address in the environment takes precedence over this one.",
    )
    needs_key = models.BooleanField(
        default=True, help_text="Off for a server of your own that asks for no key."
    )
    probe = models.CharField(
        "after an outage",
        max_length=6,
        choices=Probe.choices,
        default=Probe.MODELS,
        help_text="How the site finds out that the provider works again, without a user's message.",
    )
    enabled = models.BooleanField(
        default=True, help_text="Off: every rung at this provider is passed over."
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProviderKey(models.Model):
    """A key for one provider: written once, sealed, never shown again."""

    class Source(models.TextChoices):
        SEALED = "sealed", "Sealed in the database"
        ENVIRONMENT = "environment", "Read from the environment"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="keys")
    label = models.CharField(
        max_length=60, help_text="So that you can tell it from others, e.g. production 2026."
    )
    source = models.CharField(
        max_length=12, choices=Source.choices, default=Source.SEALED, editable=False
    )
    sealed = models.TextField(blank=True, editable=False)
    last_four = models.CharField(max_length=4, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    """Of a key of the environment: a keyed digest by which a start sees that it is another one."""
    enabled = models.BooleanField(
        default=True, help_text="Off: the key is not used from the next message on."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL
    )
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_result = models.CharField(max_length=500, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["provider", "label"]
        verbose_name = "provider key"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "label"], name="key_label_is_unique_at_provider"
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=models.Q(source="environment"),
                name="environment_key_is_one_at_provider",
            ),
        ]

    def __str__(self) -> str:
        shown = f" (…{self.last_four})" if self.last_four else ""
        return f"{self.provider.name}: {self.label}{shown}"

    @property
    def identity(self) -> str:
        """What is sealed with the key, so that it does not open in another row or for another provider."""
        return f"provider key {self.pk} of {self.provider.slug}"


class Deployment(models.Model):
    """One model at one provider, with its limits: what a rung calls, and what can be out of service."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="deployments")
    model = models.CharField(
        max_length=120, help_text="The provider's own name of the model, e.g. gpt-6-luna."
    )
    label = models.CharField(
        max_length=80, help_text="What people see under a reply, e.g. GPT-6 Luna."
    )
    context_window = models.PositiveIntegerField(
        "context window (tokens)",
        validators=[MinValueValidator(256)],
        help_text="Tokens that prompt and reply may fill together.",
    )
    max_output_tokens = models.PositiveIntegerField(
        "longest reply (tokens)",
        default=4096,
        validators=[MinValueValidator(1)],
        help_text="Tokens that a reply may have at most, thinking included. Where the window is small, at "
        "most half of it is kept for the reply.",
    )
    first_token_timeout_s = models.PositiveSmallIntegerField(
        "first word within (seconds)",
        default=10,
        validators=[MinValueValidator(1)],
        help_text="Seconds of silence before the next rung is tried; a silent model is not asked twice.",
    )
    thinking_timeout_s = models.PositiveSmallIntegerField(
        "first word, while it thinks (seconds)",
        default=60,
        validators=[MinValueValidator(1)],
        help_text="The same limit once the provider shows that the model is thinking or searching.",
    )
    max_concurrency = models.PositiveSmallIntegerField(
        "calls at once",
        default=0,
        help_text="In one process; a further message waits for its turn, then the next rung is tried. "
        "0: no limit.",
    )
    offered = models.BooleanField(
        default=False,
        help_text="Users may pick this model for a retry.",
        verbose_name="offered for retry",
    )
    enabled = models.BooleanField(
        default=True, help_text="Off: rungs with this model are passed over."
    )
    demo = models.BooleanField(
        "demo model",
        default=False,
        help_text="A model for trying things out, too small for reliable answers. Wherever it stands in a "
        "ladder, it is asked after all others and outside the number of calls. Its replies are never "
        "served again, and the smoke evaluation does not judge them.",
    )
    retires_on = models.DateField(
        null=True,
        blank=True,
        help_text="The day its provider will take it away, if one is announced; the weekly mail warns.",
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["provider__name", "model"]
        verbose_name = "model"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model"], name="model_is_unique_at_provider"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.name})"

    def clean(self) -> None:
        """Refuse a longest reply that is larger than the window, of which it is a part."""
        if None not in (self.context_window, self.max_output_tokens) and (
            self.max_output_tokens > self.context_window
        ):
            raise ValidationError(
                {
                    "max_output_tokens": "The longest reply cannot be larger than the context window, "
                    f"which holds {self.context_window} tokens for prompt and reply together."
                }
            )

    @property
    def name(self) -> str:
        """The name in policies and programs, e.g. `openai/gpt-6-luna`."""
        return f"{self.provider.slug}/{self.model}"
