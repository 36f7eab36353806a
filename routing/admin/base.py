"""The base classes of all routing pages in the admin: every save tells every process."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from routing.models import Revision
from routing.services import policy

if TYPE_CHECKING:  # unfold ships no types; its classes are Django's with another look
    from django.contrib.admin import ModelAdmin as _ModelAdmin
    from django.contrib.admin import TabularInline as _TabularInline

    ModelAdmin = _ModelAdmin[Any]
    TabularInline = _TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin, TabularInline

__all__ = ["ModelAdmin", "PolicyAdmin", "RoutingTableAdmin", "TabularInline"]


class RoutingTableAdmin(ModelAdmin):
    """Base of the pages whose changes hold from the next message on, without a policy version."""

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Save and tell every process, in the view's transaction; tell the person what was corrected."""
        super().save_model(request, obj, form, change)
        Revision.bump()
        for note in getattr(form, "notes", ()):
            self.message_user(request, note, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """Delete and tell every process, in the view's transaction."""
        super().delete_model(request, obj)
        Revision.bump()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete several and tell every process."""
        super().delete_queryset(request, queryset)
        Revision.bump()


class PolicyAdmin(ModelAdmin):
    """Base of the pages that make up the policy: every save publishes a version in the same transaction.

    The form must be a `routing.forms.stale.PolicyForm`.
    """

    change_form_before_template = "admin/routing/policy_version_field.html"
    warn_unsaved_form = True
    actions = None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows and publish what they now say."""
        super().save_related(request, form, formsets, change)
        self.publish(request)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """Delete and publish."""
        super().delete_model(request, obj)
        self.publish(request)

    def publish(self, request: HttpRequest) -> None:
        """Publish what the tables say and tell the person which version that is."""
        assert request.user.is_authenticated
        version = policy.publish(author=request.user)
        if version is None:
            self.message_user(request, "Nothing changed, so no version was made.", messages.INFO)
        else:
            words = f"Published as version {version.number}: {version.difference}"
            self.message_user(request, words, messages.SUCCESS)
