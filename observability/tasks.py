"""The worker's doors. A queued message is only a wake-up: what is due is found in the tables."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.utils import timezone

from observability import purging, reconcile

logger = logging.getLogger(__name__)
STEPS: tuple[Callable[[], object], ...] = (reconcile.mend_recent,)
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
