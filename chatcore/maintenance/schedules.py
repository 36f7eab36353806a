"""The times of the worker's jobs, as rows that staff may switch off."""

from datetime import time

from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

SWEEP = "Look for what is due in the chat"
PURGE = "Purge expired sessions and deleted conversations"
PURGE_AT = time(3, 30)


def make_schedules() -> None:
    """Make the rows of the chat's jobs that are missing."""
    every_minute(SWEEP, "chatcore.sweep")
    every_day(PURGE, "chatcore.purge", PURGE_AT)


def every_minute(name: str, task: str) -> None:
    """Have a task run every minute."""
    minute, _ = IntervalSchedule.objects.get_or_create(every=60, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.get_or_create(
        name=name,
        # A wake-up that waited for longer than the next one is due says nothing new.
        defaults={"task": task, "interval": minute, "expire_seconds": 60},
    )


def every_day(name: str, task: str, at: time, *, day_of_week: str = "*") -> None:
    """Have a task run at a time of day (UTC), every day or on one weekday (`0` is Sunday)."""
    schedule, _ = CrontabSchedule.objects.get_or_create(
        minute=str(at.minute),
        hour=str(at.hour),
        day_of_week=day_of_week,
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )
    PeriodicTask.objects.get_or_create(name=name, defaults={"task": task, "crontab": schedule})


def is_on(name: str) -> bool:
    """Whether staff have left a job switched on."""
    return bool(PeriodicTask.objects.filter(name=name, enabled=True).exists())
