"""What runs by the clock? Staff may pause a job; its times are the site's."""

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
    """The jobs, when they last ran, and whether they do."""

    list_display = ["name", "enabled", "schedule", "last_run_at"]
    fields = ["name", "description", "enabled", "schedule", "last_run_at", "total_run_count"]
    readonly_fields = ["name", "description", "schedule", "last_run_at", "total_run_count"]

    @admin.display(description="When")
    def schedule(self, task: Any) -> str:
        """In the words of its table."""
        return str(task.interval or task.crontab or "")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Jobs come with the software."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that is not wanted is switched off: the next start would make it anew."""
        return False
