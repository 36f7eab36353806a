"""The table of how long texts and records are kept."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Retention(models.Model):
    """The site's one row of limits; what is older goes every night."""

    text_days = models.PositiveIntegerField(
        "texts (days)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
        help_text=(
            "Messages, replies, notes and summaries older than this are removed for good, in every "
            "conversation. Empty: they are kept until their owner deletes the conversation, and "
            "then for 30 days more."
        ),
    )
    record_months = models.PositiveSmallIntegerField(
        "records (months)",
        default=25,
        validators=[MinValueValidator(2), MaxValueValidator(1_200)],
        help_text=(
            "Who called which model when, with tokens and cost but without any text. They outlive "
            "the conversations. 25 months let every month be compared with the year before."
        ),
    )

    class Meta:
        verbose_name = "retention"
        verbose_name_plural = "retention"

    def __str__(self) -> str:
        return "How long things are kept"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """There is one row."""
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "Retention":
        """The limits in force; the shipped ones where staff never saved any."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
