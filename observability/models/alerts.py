"""What went wrong that staff must know of."""

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Q

from chatcore.models import OutgoingMail


class Incident(models.Model):
    """One trouble, from the moment it is seen until it is over; however often it is seen meanwhile."""

    class Kind(models.TextChoices):
        KEY_REFUSED = "key_refused", "Key refused"
        MODEL_GONE = "model_gone", "Model gone"
        NOT_UNDERSTOOD = "not_understood", "Model not understood"
        SMOKE_FAILED = "smoke_failed", "Smoke evaluation failed"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=250)
    """What is in trouble: `<provider> / <key's label>`, a model's name, or which evaluation."""
    text = models.TextField()
    """What happened, in words for staff, as it was last seen."""
    opened_at = models.DateTimeField("since")
    last_seen_at = models.DateTimeField("last seen")
    times_seen = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField("over since", null=True)
    closed_because = models.CharField("over because", max_length=200, blank=True)
    addressed_at = models.DateTimeField(null=True)
    """When its mails were queued; NULL while there was nobody to mail it to, or no mail server."""
    mails = GenericRelation(OutgoingMail, "about_id", "about_type")

    class Meta:
        ordering = ["-opened_at", "-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(closed_at__isnull=True),
                name="one_open_incident_a_subject",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
