"""Rollups as the job would have stored them."""

from datetime import date

from chatcore.models import Organisation
from observability.models import Delivery, WeeklyRollup
from observability.rollup.charts import pictures
from observability.rollup.kept import pack
from observability.rollup.report import Report, dump
from tests.factories import NOON
from tests.observability import rollup_samples

STATES = Delivery.State


def keep(report: Report, organisation: Organisation | None) -> WeeklyRollup:
    """The row of a report."""
    return WeeklyRollup.objects.create(
        week_ending=date(2026, 11, 22),
        organisation=organisation,
        content=dump(report),
        pictures=pack(pictures(report)),
        made_at=NOON,
    )


def keep_one_with_trouble() -> None:
    """A rollup of all with hostile names, one of whose mails did not arrive and one perhaps did not."""
    rollup = keep(rollup_samples.hostile(), None)
    for state in (STATES.SENT, STATES.UNCERTAIN, STATES.FAILED):
        rollup.deliveries.create(
            email=f"{state.value}@example.com",
            state=state,
            changed_at=NOON,
            trouble="It broke off.",
        )
