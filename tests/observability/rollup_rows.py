"""Rollups as the job would have stored them."""

from datetime import date

from chatcore.models import Organisation, OutgoingMail
from observability.models import WeeklyRollup
from observability.rollup.charts import pictures
from observability.rollup.delivery import KIND
from observability.rollup.report import Report, dump
from observability.rollup.storage import pack
from tests.factories import NOON
from tests.observability import rollup_samples

Status = OutgoingMail.Status


def keep(report: Report, organisation: Organisation | None) -> WeeklyRollup:
    """The row of a report."""
    return WeeklyRollup.objects.create(
        week_ending=date(2026, 11, 22),
        organisation=organisation,
        content=dump(report),
        pictures=pack(pictures(report)),
        made_at=NOON,
    )


def mail(rollup: WeeklyRollup, address: str, status: str, trouble: str = "") -> OutgoingMail:
    """A mail of a rollup, as the outbox would have left it."""
    return rollup.mails.create(
        kind=KIND,
        address=address,
        status=status,
        trouble=trouble,
        queued_at=NOON,
        changed_at=NOON,
    )


def keep_one_with_trouble() -> None:
    """A rollup of all with hostile names, one of whose mails did not arrive and one perhaps did not."""
    rollup = keep(rollup_samples.hostile(), None)
    for status in (Status.SENT, Status.UNCERTAIN, Status.FAILED):
        mail(rollup, f"{status.value}@example.com", status, trouble="It broke off.")
