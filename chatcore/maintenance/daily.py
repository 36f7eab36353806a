"""Runs the daily jobs that are overdue, also on a machine that is off at their time.

A clock alone would not do: django-celery-beat queues a crontab's job only around its hour. So every
sweep looks for what was last due and is not done yet.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import msgspec
from django.db.models import Q

from chatcore.maintenance.job_runs import recorded
from chatcore.maintenance.schedules import is_on
from chatcore.models import JobRun

logger = logging.getLogger(__name__)
CLAIM = timedelta(hours=1)
"""How long a worker is believed to be at a job. The jobs may run twice: they find what is left to do."""
REST = timedelta(minutes=10)
"""After a failure."""


class DailyJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job of every day."""

    name: str
    """As staff see it among the Jobs, where they may switch it off."""
    task: str
    at: time
    """From when on it is due, UTC."""
    run: Callable[[datetime], object]
    """Does it; is given the time."""


def run_overdue(jobs: Sequence[DailyJob], *, now: datetime) -> None:
    """Run each job that was not done since it was last due; one job's failure is not another's."""
    for job in jobs:
        day = last_due(job.at, now)
        if is_on(job.name) and _claim(job.task, day, now):
            _run(job, day, now)


def last_due(at: time, now: datetime) -> date:
    """The last day (UTC) on which a daily job was due.

    >>> last_due(time(3, 30), datetime(2026, 11, 22, 3, 29))
    datetime.date(2026, 11, 21)
    """
    return now.date() if now.time() >= at else now.date() - timedelta(days=1)


def _claim(task: str, day: date, now: datetime) -> bool:
    """Whether the job is due and now this worker's."""
    JobRun.objects.get_or_create(task=task)
    due = Q(done_for__isnull=True) | Q(done_for__lt=day)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return bool(JobRun.objects.filter(due & free, task=task).update(claimed_until=now + CLAIM))


def _run(job: DailyJob, day: date, now: datetime) -> None:
    row = JobRun.objects.filter(task=job.task)
    try:
        with recorded(job.task):
            job.run(now)
    except Exception:
        logger.exception("%s failed; again in %s", job.name, REST)
        row.update(claimed_until=now + REST)
    else:
        row.update(done_for=day, claimed_until=None)
