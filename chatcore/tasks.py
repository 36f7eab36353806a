"""The worker's tasks, and how the worker and the clock show that they live.

A queued message is only a wake-up: what is due is found in the tables.
"""

import logging
from datetime import datetime
from typing import Any

from celery import shared_task
from celery.signals import beat_embedded_init, beat_init, worker_ready
from django.utils import timezone

from chatcore.maintenance import purging
from chatcore.maintenance.daily import DailyJob, run_overdue
from chatcore.maintenance.job_runs import recorded
from chatcore.maintenance.schedules import PURGE, PURGE_AT
from chatcore.models import ServerProcess
from chatcore.summaries import write as summaries
from chatcore.turns.processes import here
from routing.services import learning

logger = logging.getLogger(__name__)


@worker_ready.connect
def worker_is_ready(**kwargs: Any) -> None:
    """Show from now on that this worker lives."""
    here.beat_in_background(ServerProcess.Kind.WORKER)


@beat_init.connect
@beat_embedded_init.connect
def clock_is_ready(**kwargs: Any) -> None:
    """Show from now on that this clock lives."""
    here.beat_in_background(ServerProcess.Kind.BEAT)


def _purge(now: datetime) -> None:
    purging.purge(now=now)


DAILY = (DailyJob(name=PURGE, task="chatcore.purge", at=PURGE_AT, run=_purge),)


@shared_task(name="chatcore.sweep")
def sweep(**kwargs: Any) -> None:
    """Learn what staff wrote, write the summaries that are wanted, run daily jobs that are overdue."""
    worker_is_ready()  # a pool's process of its own begins here
    with recorded("chatcore.sweep"):
        learning.learn()
        summaries.summarise_due()
        run_overdue(DAILY, now=timezone.now())


@shared_task(name="chatcore.purge")
def purge(**kwargs: Any) -> None:
    """Remove what is kept no longer, unless that was done today."""
    run_overdue(DAILY, now=timezone.now())
