"""When does the worker do what? Makes the rows that are missing; staff may switch them off."""

from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

SUMMARIES = "Summarise long conversations"
PURGE = "Purge expired sessions and deleted conversations"


def make_schedules() -> None:
    """Summaries every minute, the purge at 03:30 UTC."""
    minute, _ = IntervalSchedule.objects.get_or_create(every=60, period=IntervalSchedule.SECONDS)
    night, _ = CrontabSchedule.objects.get_or_create(
        minute="30",
        hour="3",
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone="UTC",
    )
    PeriodicTask.objects.get_or_create(
        name=SUMMARIES,
        # A wake-up that waited for longer than the next one is due says nothing new.
        defaults={"task": "chatcore.summarise", "interval": minute, "expire_seconds": 60},
    )
    PeriodicTask.objects.get_or_create(
        name=PURGE, defaults={"task": "chatcore.purge", "crontab": night}
    )
