"""Writes down when the worker ran its jobs, so that staff see what really ran.

`last_run_at` of django-celery-beat is when the clock queued a job, also where no worker took it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone

from chatcore.models import JobRun

QUIET_FOR = timedelta(minutes=4)
"""A job of every minute that did not begin for so long has no clock, or no worker."""


@contextmanager
def recorded(task: str) -> Iterator[None]:
    """Record the run of a job; what it raises is recorded and goes on."""
    JobRun.objects.update_or_create(
        task=task, defaults={"started_at": timezone.now(), "ended_at": None, "error": ""}
    )
    error = ""
    try:
        yield
    except Exception as raised:
        error = type(raised).__name__
        raise
    finally:
        JobRun.objects.filter(task=task).update(ended_at=timezone.now(), error=error)


def is_quiet(task: str, *, now: datetime) -> bool:
    """Whether a job of every minute has not begun for minutes, and is not at work either.

    A job that never ran is quiet.
    """
    run = JobRun.objects.filter(task=task).first()
    if run is None or run.started_at is None:
        return True
    return run.ended_at is not None and run.started_at < now - QUIET_FOR
