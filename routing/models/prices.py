"""The table of prices: what a model costs, and from when on."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models

from routing.models.providers import Provider


def _rate(label: str, help_text: str, *, optional: bool = True) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        label,
        validators=[MinValueValidator(0)],
        max_digits=14,
        decimal_places=6,
        null=optional,
        blank=optional,
        help_text=help_text,
    )


def _none_or_not_negative(field: str) -> models.Q:
    return models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gte": 0})


class Price(models.Model):
    """USD per million tokens of one model, from a day on, from a prompt size on.

    It is written once and never edited: a new price is a new row with a later day. One that has not
    begun to hold may be deleted, for nothing was computed with it.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="prices")
    model = models.CharField(
        max_length=120, help_text="The model's name as the provider reports it."
    )
    effective_from = models.DateTimeField(
        "from", help_text="The price holds from this moment (UTC) until a later row's."
    )
    above_input_tokens = models.PositiveIntegerField(
        "above (tokens)",
        default=0,
        help_text="For prompts of more tokens than this; 0 is the base price.",
    )
    input_usd = _rate("input", "Per million input tokens.", optional=False)
    cached_input_usd = _rate(
        "cached input",
        "Per million input tokens read from the provider's cache; empty: the input price.",
    )
    cache_write_usd = _rate(
        "cache write", "Per million input tokens written to that cache; empty: the input price."
    )
    output_usd = _rate("output", "Per million output tokens, reasoning included.", optional=False)
    search_usd = _rate("searches", "Per thousand searches; empty: searches are not charged.")

    class Meta:
        ordering = ["provider", "model", "-effective_from", "above_input_tokens"]
        default_permissions = ("view", "add", "delete")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model", "effective_from", "above_input_tokens"],
                name="one_price_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(input_usd__gte=0, output_usd__gte=0)
                & _none_or_not_negative("cached_input_usd")
                & _none_or_not_negative("cache_write_usd")
                & _none_or_not_negative("search_usd"),
                name="prices_are_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider.slug}/{self.model} from {self.effective_from:%Y-%m-%d}"
