"""The page on which staff set how long texts and records are kept."""

from django.contrib import admin

from chatcore.models import Retention
from routing.admin.base import SingleRowAdmin


@admin.register(Retention)
class RetentionAdmin(SingleRowAdmin):
    """The page of the one row of limits."""

    fields = ["text_days", "record_months"]
