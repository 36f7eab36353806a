"""The mails that the site sends, and what became of each."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.functions import Lower


class OutgoingMail(models.Model):
    """One mail of one kind about one row, to one address: sent once, unless staff want it again.

    A worker that dies while it prepares the mail is replaced when its claim runs out. One that dies
    after it began to hand it over leaves it uncertain.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNCERTAIN = "uncertain", "Uncertain: it may have arrived"
        FAILED = "failed", "Not sent"

    kind = models.CharField(max_length=20)
    """Who writes it: a name that is registered with `chatcore.mail.outbox`."""
    about_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    about_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("about_type", "about_id")
    address = models.EmailField("e-mail address")
    """Copied: whoever is taken off a list and put on it again is not sent the same mail twice."""
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    claimed_until = models.DateTimeField(null=True)
    """The claim of whoever sends it; while it is queued, the end of its rest after a failure."""
    handed_over_at = models.DateTimeField(null=True)
    """While it is being sent: since when the mail server may have it."""
    failures = models.PositiveSmallIntegerField(default=0)
    """How often in a row it was surely not sent."""
    trouble = models.CharField(max_length=300, blank=True)
    """Why it is not sent, or uncertain, as a sentence."""
    queued_at = models.DateTimeField()
    """When it was last asked for."""
    changed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["address", "pk"]
        default_permissions = ("change",)
        constraints = [
            models.UniqueConstraint(
                "about_type", "about_id", "kind", Lower("address"), name="one_mail_an_address"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="mails_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_status_display()}"
