"""The base classes of the admin's pages; those of routing tell every process of every save."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from routing.models import Revision
from routing.services import policy

if TYPE_CHECKING:  # unfold ships no types; its classes are Django's with another look
    from django.contrib.admin import ModelAdmin as _ModelAdmin
    from django.contrib.admin import TabularInline as _TabularInline

    ModelAdmin = _ModelAdmin[Any]
    TabularInline = _TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin, TabularInline

__all__ = [
    "ModelAdmin",
    "PartInline",
    "PolicyAdmin",
    "ReadOnlyAdmin",
    "RoutingTableAdmin",
    "SingleRowAdmin",
    "TabularInline",
]


class ReadOnlyAdmin(ModelAdmin):
    """Base of the pages whose rows are looked at, and neither made nor changed nor deleted there."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No, whoever asks."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No, whoever asks."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No, whoever asks."""
        return False


class SingleRowAdmin(ModelAdmin):
    """Base of the page of a table with exactly one row, whose id is 1."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No, whoever asks."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No, whoever asks."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Redirect from the list to the page of the one row."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        meta = self.model._meta
        page = f"admin:{meta.app_label}_{meta.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[1]))


class PartInline(TabularInline):
    """Base of the rows that are a part of the page's own row: who may edit that, may edit them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Yes: the page has asked already."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the page's own row."""
        return self._may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the page's own row."""
        return self._may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the page's own row."""
        return self._may_edit(request, obj)

    def _may_edit(self, request: HttpRequest, obj: Any) -> bool:
        page = self.admin_site.get_model_admin(self.parent_model)
        if obj is None:
            return bool(page.has_add_permission(request))
        return bool(page.has_change_permission(request, obj))


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
