"""How long are things kept? Staff say it, in one place."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from chatcore.models import Retention
from routing.admin.base import ModelAdmin


@admin.register(Retention)
class RetentionAdmin(ModelAdmin):
    """The one row of limits."""

    fields = ["text_days", "record_months"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It stays."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Straight to the one row."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:chatcore_retention_change", args=[1]))
