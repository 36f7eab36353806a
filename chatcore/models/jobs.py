"""The runs of the worker's jobs."""

from django.db import models


class JobRun(models.Model):
    """The last run of one job, as the worker itself wrote it down."""

    task = models.CharField(max_length=100, unique=True)
    """The name of its Celery task."""
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """Empty while it runs, and where its worker died."""
    error = models.CharField(max_length=100, blank=True)
    """The class of what it raised; empty where it went well."""
    done_for = models.DateField(null=True)
    """The last day (UTC) that a daily job was done for."""
    claimed_until = models.DateTimeField(null=True)
    """While a worker is at a daily job, or rests after a failure: until when no other begins it."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.task
