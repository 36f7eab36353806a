"""The table of how long texts and records are kept."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from chatcore.models.single_row import SingleRow


class Retention(SingleRow):
    """The limits of the whole site; what is older is removed every night."""

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
        default_permissions = ("view", "change")
        verbose_name = "retention"
        verbose_name_plural = "retention"

    def __str__(self) -> str:
        return "How long things are kept"

    def records_kept_since(self, now: datetime) -> datetime:
        """The beginning of the month so many months ago: months are kept whole.

        >>> Retention(record_months=25).records_kept_since(datetime(2026, 11, 22, 3, 45))
        datetime.datetime(2024, 10, 1, 0, 0)
        """
        index = now.year * 12 + now.month - 1 - self.record_months
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return first.replace(year=index // 12, month=index % 12 + 1)
