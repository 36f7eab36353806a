"""What is due of the weekly rollups? Found by the clock and the rows; how often it is asked does not matter."""

import logging
from datetime import date, datetime

from django.utils import timezone

from chatcore.maintenance.schedules import is_on
from observability.models import Delivery, Recipient, WeeklyRollup
from observability.rollup import claims, making, weeks
from observability.rollup.sending import send_waiting
from observability.schedules import ROLLUP

logger = logging.getLogger(__name__)


def do_what_is_due() -> None:
    """Make the last week's rollups, once they are due, and send what waits."""
    now = timezone.now()
    claims.mend(now=now)
    week_ending = weeks.last_due(now)
    due_at = weeks.due_at(week_ending)
    claims.give_up_old(since=week_ending, due_at=due_at, now=now)
    if is_on(ROLLUP) and making.was_here(week_ending):
        make_all(week_ending, told_by=due_at, now=now)
    send_waiting(claims.waiting(now=now))


def make_all(week_ending: date, *, told_by: datetime, now: datetime) -> list[WeeklyRollup]:
    """A week's rollups, each planned for its recipients that were on the list at `told_by`.

    One organisation's trouble is not another's.
    """
    made = []
    for organisation_id in making.scopes():
        try:
            rollup = making.make(week_ending, organisation_id, now=now)
            plan(rollup, told_by=told_by, now=now)
            made.append(rollup)
        except Exception:
            logger.exception("The rollup of organisation %s was not made", organisation_id)
    return made


def plan(rollup: WeeklyRollup, *, told_by: datetime, now: datetime) -> None:
    """Note whom a rollup goes to: who came on the list later gets the next one."""
    told = Recipient.objects.filter(
        organisation=rollup.organisation_id, active=True, since__lte=told_by
    )
    claims.plan(rollup, told.values_list("email", flat=True), now=now)


def send_now(week_ending: date, *, now: datetime) -> list[Delivery]:
    """What `weekly_rollup --send` does: make a week's rollups, or bring them up to date, and send each
    to all who are on the list now and have not been sent it, without waiting for another try's time.

    Gives all its deliveries.
    """
    rollups = make_all(week_ending, told_by=now, now=now)
    for rollup in rollups:
        making.remake(rollup, now=now)
    claims.mend(now=now)
    mine = Delivery.objects.filter(rollup__in=rollups)
    mine.filter(state=Delivery.State.WAITING).update(not_before=None)
    send_waiting(claims.waiting(now=now).filter(rollup__in=rollups))
    return list(mine.select_related("rollup__organisation"))
