"""How far the records were proved."""

from django.db import models

from chatcore.models.single_row import SingleRow


class ProofPoint(SingleRow):
    """Up to when every turn's records were compared with its route."""

    proved_until = models.DateTimeField(null=True)
    """Turns that came before were proved, unless they ran on for long."""
    all_proved_at = models.DateTimeField(null=True)
    """When all turns were proved that are still kept."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Proved until {self.proved_until}"
