"""The admin's page of the worker's jobs. Staff may pause a job; its times come with the software."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.timesince import timesince
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from chatcore.maintenance import background
from chatcore.models import JobRun
from routing.admin.base import ModelAdmin

for _table in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_table)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ModelAdmin):
    """The pages that show when each job last ran, and switch it on and off."""

    list_display = ["name", "enabled", "schedule", "last_run", "how_it_ended"]
    fields = ["name", "description", "enabled", "schedule", "last_run", "how_it_ended"]
    readonly_fields = ["name", "description", "schedule", "last_run", "how_it_ended"]

    @admin.display(description="When")
    def schedule(self, task: Any) -> str:
        """The job's interval or times, in the words of their table."""
        return str(task.interval or task.crontab or "")

    @admin.display(description="Last run by the worker")
    def last_run(self, task: Any) -> str:
        run = _run_of(task)
        return f"{timesince(run.started_at)} ago" if run and run.started_at else "never"

    @admin.display(description="How it ended")
    def how_it_ended(self, task: Any) -> str:
        run = _run_of(task)
        if run is None or run.started_at is None:
            return "-"
        if run.ended_at is None:
            return "It runs, or its worker died."
        if run.error:
            return f"It failed ({run.error}); the worker's log says why."
        return f"Well, after {(run.ended_at - run.started_at).total_seconds():.1f} s"

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list, with a warning where nothing runs the jobs."""
        for words in background.problems().values():
            messages.warning(request, f"{words[0].upper()}{words[1:]}.")
        shown: HttpResponse = super().changelist_view(request, *args, **kwargs)
        return shown

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No, whoever asks: jobs come with the software."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A job that is not wanted is switched off: the next start would make it anew."""
        return False


def _run_of(task: Any) -> JobRun | None:
    return JobRun.objects.filter(task=task.task).first()
