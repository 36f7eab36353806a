"""Makes the weekly rollups that are due and queues their mails; found by the clock and the rows."""

import logging
from datetime import date, datetime

from django.utils import timezone

from chatcore.mail import outbox
from chatcore.maintenance.schedules import is_on
from chatcore.models import OutgoingMail
from observability.models import WeeklyRollup
from observability.rollup import making, weeks
from observability.rollup.delivery import KIND, queue_mails
from observability.schedules import ROLLUP

logger = logging.getLogger(__name__)


def do_what_is_due() -> None:
    """Make the last week's rollups, once they are due, and send what is queued."""
    now = timezone.now()
    week_ending = weeks.last_due(now)
    if is_on(ROLLUP) and making.was_here(week_ending):
        make_all(week_ending, listed_by=weeks.due_at(week_ending), now=now)
    outbox.send(OutgoingMail.objects.filter(kind=KIND))


def make_all(week_ending: date, *, listed_by: datetime, now: datetime) -> list[WeeklyRollup]:
    """Make a week's rollups and queue their mails, each to whoever was on its list by `listed_by`.

    One organisation's trouble is not another's.
    """
    made = []
    for organisation_id in making.scopes():
        try:
            rollup = making.make(week_ending, organisation_id, now=now)
            queue_mails(rollup, listed_by=listed_by, now=now)
            made.append(rollup)
        except Exception:
            logger.exception("The rollup of organisation %s was not made", organisation_id)
    return made


def send_now(week_ending: date, *, now: datetime) -> list[WeeklyRollup]:
    """What `weekly_rollup --send` does: make a week's rollups, or bring them up to date, and send each
    to all who are on the list now and have not been sent it, without waiting for another try's time.

    Gives the rollups.
    """
    rollups = make_all(week_ending, listed_by=now, now=now)
    for rollup in rollups:
        making.remake(rollup, now=now)
    mails = OutgoingMail.objects.filter(kind=KIND, about_id__in=[rollup.pk for rollup in rollups])
    mails.filter(status=OutgoingMail.Status.QUEUED).update(claimed_until=None, queued_at=now)
    outbox.send(mails)
    return rollups
