"""The admin's page of running processes."""

from django.contrib import admin

from chatcore.admin.conversations import ReadOnlyAdmin
from chatcore.models import ServerProcess


@admin.register(ServerProcess)
class ServerProcessAdmin(ReadOnlyAdmin):
    """The processes that showed a sign of life lately."""

    list_display = ["kind", "address", "version", "started_at", "seen_at"]
    ordering = ["kind", "started_at"]
