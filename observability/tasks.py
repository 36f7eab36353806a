"""The worker's doors. A queued message is only a wake-up: what is due is found in the tables."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.utils import timezone

from observability import purging, reconcile
from observability.alerts.mails import mail_incidents
from observability.alerts.refusals import close_what_works_again
from observability.rollup import job
from observability.smoke import due

logger = logging.getLogger(__name__)
STEPS: tuple[Callable[[], object], ...] = (
    reconcile.mend_recent,
    mail_incidents,
    close_what_works_again,
    job.do_what_is_due,
    due.make_due,  # last: it may take minutes
)
"""What a sweep does, in this order; each finds its own work by the clock and the rows."""


@shared_task(name="observability.sweep")
def sweep(**kwargs: Any) -> None:
    """Do what is due; one step's trouble is not another's."""
    for step in STEPS:
        try:
            step()
        except Exception:
            logger.exception("%s.%s failed; again in a minute", step.__module__, step.__qualname__)


@shared_task(name="observability.reconcile")
def prove(**kwargs: Any) -> None:
    """Prove that every turn is recorded."""
    reconcile.prove()


@shared_task(name="observability.purge")
def purge(**kwargs: Any) -> None:
    """Remove the records that are kept no longer."""
    purging.purge(now=timezone.now())


@shared_task(name="observability.smoke_eval")
def smoke_eval(**kwargs: Any) -> None:
    """Make the smoke evaluation's runs that are due."""
    due.make_due()


@shared_task(name="observability.weekly_rollup")
def weekly_rollup(**kwargs: Any) -> None:
    """Make and send the weekly rollups that are due."""
    job.do_what_is_due()
