"""What went wrong that staff must hear of, and who was told."""

from django.db import models
from django.db.models import Q


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
    """When it was settled who is told; until then nobody was there to tell, or no mail server."""

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


class IncidentMail(models.Model):
    """The one mail to one address about one incident."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Not mailed yet"
        SENDING = "sending", "Being mailed"
        SENT = "sent", "Mailed"
        UNCERTAIN = "uncertain", "Perhaps mailed; not repeated"
        REFUSED = "refused", "Refused by the mail server"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="mails")
    address = models.EmailField(max_length=254)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    changed_at = models.DateTimeField(null=True)
    """When its status last changed; while it is being sent, when that began."""
    words = models.CharField("what came of it", max_length=200, blank=True)

    class Meta:
        ordering = ["incident", "address"]
        default_permissions = ("change",)
        constraints = [
            models.UniqueConstraint(fields=["incident", "address"], name="one_mail_an_incident")
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_status_display()}"
