"""The worker's doors. A queued message is only a wake-up: what is due is found in the tables."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from chatcore.maintenance import purging
from chatcore.summaries import write as summaries


@shared_task(name="chatcore.summarise")
def summarise(**kwargs: Any) -> None:
    """Write the summaries that are wanted."""
    summaries.summarise_due()


@shared_task(name="chatcore.purge")
def purge(**kwargs: Any) -> None:
    """Remove what is kept no longer."""
    purging.purge(now=timezone.now())
