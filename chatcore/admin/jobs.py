"""The pages of the jobs that run by the clock; a job can be paused there, its times are fixed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from routing.admin.base import ModelAdmin

for _table in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_table)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ModelAdmin):
    """The pages that show when each job last ran, and switch it on and off."""

    list_display = ["name", "enabled", "schedule", "last_run_at"]
    fields = ["name", "description", "enabled", "schedule", "last_run_at", "total_run_count"]
    readonly_fields = ["name", "description", "schedule", "last_run_at", "total_run_count"]

    @admin.display(description="When")
    def schedule(self, task: Any) -> str:
        """The job's interval or times, in the words of their table."""
        return str(task.interval or task.crontab or "")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No, whoever asks: jobs come with the software."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No, whoever asks: the next start would make it anew. It is switched off instead."""
        return False
