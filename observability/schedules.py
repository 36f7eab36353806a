"""When does the worker watch, evaluate and report? Rows that staff may switch off."""

from typing import Any

from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from chatcore.turns.signals import seeded

SWEEP = "Look for what is due in the reports"
PROOF = "Prove that every turn is recorded"
PURGE = "Purge records that are kept no longer"
SMOKE = "Smoke evaluation"
ROLLUP = "Weekly rollup"


def connect() -> None:
    """Make the rows whenever the site is seeded."""
    seeded.connect(make_schedules, dispatch_uid="observability")


def make_schedules(**kwargs: Any) -> None:
    """The rows that are missing."""
    minute, _ = IntervalSchedule.objects.get_or_create(every=60, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.get_or_create(
        name=SWEEP,
        # A wake-up that waited for longer than the next one is due says nothing new.
        defaults={"task": "observability.sweep", "interval": minute, "expire_seconds": 60},
    )
    # Before the smoke evaluation and the weekly rollup, which count the records.
    PeriodicTask.objects.get_or_create(
        name=PROOF, defaults={"task": "observability.reconcile", "crontab": at(20, 0)}
    )
    PeriodicTask.objects.get_or_create(
        name=PURGE, defaults={"task": "observability.purge", "crontab": at(45, 3)}
    )
    PeriodicTask.objects.get_or_create(
        name=SMOKE, defaults={"task": "observability.smoke_eval", "crontab": at(0, 1)}
    )
    PeriodicTask.objects.get_or_create(
        name=ROLLUP,
        defaults={"task": "observability.weekly_rollup", "crontab": at(0, 2, day_of_week="0")},
    )


def is_on(name: str) -> bool:
    """Whether staff have left a job switched on."""
    return bool(PeriodicTask.objects.filter(name=name, enabled=True).exists())


def at(minute: int, hour: int, *, day_of_week: str = "*") -> CrontabSchedule:
    """A time of day (UTC), every day or on one weekday."""
    schedule, _ = CrontabSchedule.objects.get_or_create(
        minute=str(minute),
        hour=str(hour),
        day_of_week=day_of_week,
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )
    return schedule
