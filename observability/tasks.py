"""The worker's tasks. A queued message is only a wake-up: what is due is found in the tables."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from chatcore.maintenance.daily import DailyJob, run_overdue
from chatcore.maintenance.job_runs import recorded
from observability import purging, reconcile
from observability.alerts.mails import mail_incidents
from observability.alerts.refusals import close_what_works_again
from observability.rollup import job
from observability.schedules import PROOF, PROOF_AT, PURGE, PURGE_AT
from observability.smoke import due

logger = logging.getLogger(__name__)


def _prove(now: datetime) -> None:
    reconcile.prove()


def _purge(now: datetime) -> None:
    purging.purge(now=now)


DAILY = (
    DailyJob(name=PROOF, task="observability.reconcile", at=PROOF_AT, run=_prove),
    DailyJob(name=PURGE, task="observability.purge", at=PURGE_AT, run=_purge),
)


def _run_daily() -> None:
    run_overdue(DAILY, now=timezone.now())


def _roll_up() -> None:
    with recorded("observability.weekly_rollup"):
        job.do_what_is_due()


def _evaluate() -> None:
    with recorded("observability.smoke_eval"):
        due.make_due()


STEPS: tuple[Callable[[], object], ...] = (
    reconcile.mend_recent,
    mail_incidents,
    close_what_works_again,
    _run_daily,
    _roll_up,
    _evaluate,  # last: it may take minutes
)
"""What a sweep does, in this order; each finds its own work by the clock and the rows."""


@shared_task(name="observability.sweep")
def sweep(**kwargs: Any) -> None:
    """Do what is due; one step's failure does not keep the others from running."""
    with recorded("observability.sweep"):
        for step in STEPS:
            try:
                step()
            except Exception:
                logger.exception(
                    "%s.%s failed; again in a minute", step.__module__, step.__qualname__
                )


@shared_task(name="observability.reconcile")
def prove(**kwargs: Any) -> None:
    """Prove that every turn is recorded, unless that was done today."""
    _run_daily()


@shared_task(name="observability.purge")
def purge(**kwargs: Any) -> None:
    """Remove the records that are kept no longer, unless that was done today."""
    _run_daily()


@shared_task(name="observability.smoke_eval")
def smoke_eval(**kwargs: Any) -> None:
    """Make the smoke evaluation's runs that are due."""
    _evaluate()


@shared_task(name="observability.weekly_rollup")
def weekly_rollup(**kwargs: Any) -> None:
    """Make and send the weekly rollups that are due."""
    _roll_up()
