"""The admin's page of running processes."""

from django.contrib import admin

from chatcore.models import ServerProcess
from routing.admin.base import ReadOnlyAdmin


@admin.register(ServerProcess)
class ServerProcessAdmin(ReadOnlyAdmin):
    """The processes that showed a sign of life lately."""

    list_display = ["kind", "address", "version", "started_at", "seen_at"]
    ordering = ["kind", "started_at"]
