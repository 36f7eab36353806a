"""The weekly rollups and their recipients."""

from datetime import UTC, datetime, time

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from chatcore.models import Organisation, OutgoingMail


class Recipient(models.Model):
    """Somebody who is sent the weekly rollup."""

    email = models.EmailField(
        "e-mail address", help_text="Where the weekly rollup goes, Sundays after 02:00 UTC."
    )
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose numbers are sent. Empty: those of all organisations, for operators only.",
    )
    active = models.BooleanField(default=True, help_text="Off: no mail goes there.")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    """None: it came from REPORT_RECIPIENTS."""
    added_at = models.DateTimeField(auto_now_add=True)
    since = models.DateTimeField(default=timezone.now, editable=False)
    """From when on these numbers go to this address: earlier rollups do not."""

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "organisation",
                name="one_recipient_an_address",
                violation_error_message="This address is on the list already.",
            ),
            # Two rows without an organisation are not equal to a database.
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(organisation__isnull=True),
                name="one_operator_an_address",
                violation_error_message="This address is on the list already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.organisation or 'all organisations'})"


class SeededAddress(models.Model):
    """An address of REPORT_RECIPIENTS that was put on the list. What staff take off stays off."""

    email = models.EmailField(unique=True)

    class Meta:
        ordering = ["email"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.email


class WeeklyRollup(models.Model):
    """One week's report, as it was made and sent. A row is whole or not there."""

    week_ending = models.DateField()
    """The Sunday at whose 00:00 UTC the seven days end."""
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.CASCADE, related_name="+"
    )
    """None: all organisations."""
    content = models.TextField()
    """`observability.rollup.report.Report` as JSON."""
    pictures = models.BinaryField(default=b"")
    """Its charts, as `observability.rollup.storage` packs them: only the job that makes it can draw."""
    made_at = models.DateTimeField()
    mails = GenericRelation(OutgoingMail, "about_id", "about_type")

    class Meta:
        ordering = ["-week_ending", models.F("organisation__name").asc(nulls_first=True)]
        default_permissions = ("view",)
        verbose_name = "weekly rollup"
        constraints = [
            models.UniqueConstraint(
                fields=["week_ending", "organisation"], name="one_rollup_an_organisation"
            ),
            models.UniqueConstraint(
                fields=["week_ending"],
                condition=models.Q(organisation__isnull=True),
                name="one_rollup_of_all",
            ),
        ]

    def __str__(self) -> str:
        return f"Week until {self.week_ending}, {self.organisation or 'all organisations'}"

    @property
    def was_early(self) -> bool:
        """Whether the week was not over when it was made: staff had asked for it."""
        return self.made_at < datetime.combine(self.week_ending, time.min, UTC)
