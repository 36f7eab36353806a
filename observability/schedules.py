"""The times of the jobs that watch, evaluate and report, as rows that staff may switch off."""

from datetime import time
from typing import Any

from chatcore.maintenance.schedules import every_day, every_minute
from chatcore.turns.signals import seeded

SWEEP = "Look for what is due in the reports"
PROOF = "Prove that every turn is recorded"
PURGE = "Purge records that are kept no longer"
SMOKE = "Smoke evaluation"
ROLLUP = "Weekly rollup"
# Before the smoke evaluation and the weekly rollup, which count the records.
PROOF_AT = time(0, 20)
PURGE_AT = time(3, 45)


def connect() -> None:
    """Make the rows whenever the site is seeded."""
    seeded.connect(make_schedules, dispatch_uid="observability")


def make_schedules(**kwargs: Any) -> None:
    """Make the rows that are missing."""
    every_minute(SWEEP, "observability.sweep")
    every_day(PROOF, "observability.reconcile", PROOF_AT)
    every_day(PURGE, "observability.purge", PURGE_AT)
    every_day(SMOKE, "observability.smoke_eval", time(1, 0))
    every_day(ROLLUP, "observability.weekly_rollup", time(2, 0), day_of_week="0")
