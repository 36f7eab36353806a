"""The admin page of how long things are kept."""

from django.contrib import admin

from chatcore.admin.base import SingleRowAdmin
from chatcore.models import Retention


@admin.register(Retention)
class RetentionAdmin(SingleRowAdmin):
    """The limits."""

    fields = ["text_days", "record_months"]
