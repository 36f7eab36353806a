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
    before = months_before(now, Retention.current().record_months)
    removed = 0
    old = AttemptRecord.objects.filter(started_at__lt=before).order_by("started_at")
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        removed += AttemptRecord.objects.filter(pk__in=ids).delete()[0]
        time.sleep(PAUSE_S)
    if removed:
        logger.info("%d records older than %s were removed", removed, before.date())
    return removed


def months_before(now: datetime, months: int) -> datetime:
    """The beginning of the month so many months ago: months are kept whole.

    >>> months_before(datetime(2026, 11, 22, 3, 45), 25)
    datetime.datetime(2024, 10, 1, 0, 0)
    """
    index = now.year * 12 + now.month - 1 - months
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=index // 12, month=index % 12 + 1)
