"""The table of the processes that run."""

import uuid

from django.db import models


class ServerProcess(models.Model):
    """One process of the site, as long as it shows signs of life.

    The row is the lease on the turns that name the process: a running turn whose process has no row
    is ended by whoever finds it. `chatcore.turns.processes` renews and removes the rows.
    """

    class Kind(models.TextChoices):
        WEB = "web"
        WORKER = "worker"
        BEAT = "beat"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    address = models.CharField(max_length=120, blank=True)
    """The machine's name, and for a web process where it listens; empty where that is unknown."""
    version = models.CharField(max_length=20, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """Its last sign of life, by the database's clock."""
    beats = models.PositiveBigIntegerField(default=0)
    """Grows with each sign of life, so that others can tell it without comparing clocks."""

    class Meta:
        ordering = ["kind", "started_at"]
        default_permissions = ("view",)
        verbose_name = "process"
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return f"{self.kind} at {self.address or 'an unknown address'}"
