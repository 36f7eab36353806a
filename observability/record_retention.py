"""Removes old records in small batches, so that nobody has to wait for it."""

import logging
import time
from datetime import datetime

from chatcore.models import Retention
from observability.models import AttemptRecord

logger = logging.getLogger(__name__)
BATCH = 1_000
PAUSE_S = 0.05
"""Between batches others have the database to themselves."""


def purge(*, now: datetime) -> int:
    """Remove the records of requests older than staff want to keep; gives their number."""
    before = Retention.current().records_kept_since(now)
    removed = 0
    old = AttemptRecord.objects.filter(started_at__lt=before).order_by("started_at")
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        removed += AttemptRecord.objects.filter(pk__in=ids).delete()[0]
        time.sleep(PAUSE_S)
    if removed:
        logger.info("%d records older than %s were removed", removed, before.date())
    return removed
