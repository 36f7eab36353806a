"""The pages of provider keys: staff enter, test and revoke them; nobody sees them again."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from routing.admin.base import RoutingTableAdmin
from routing.forms.providers import KeyForm, NewKeyForm
from routing.models import ProviderKey, Revision
from routing.services import credentials, key_check


@admin.register(ProviderKey)
class ProviderKeyAdmin(RoutingTableAdmin):
    """The pages on which staff add, test, switch off and delete provider keys."""

    list_display = ["label", "provider", "ends_in", "source", "enabled", "tested_at", "test_result"]
    list_filter = ["provider", "enabled", "source"]
    list_select_related = ["provider"]
    actions = ["test_keys", "switch_on", "switch_off"]
    change_form_outer_after_template = "admin/routing/test_key.html"
    shown = [
        "provider",
        "ends_in",
        "source",
        "created_at",
        "created_by",
        "tested_at",
        "test_result",
    ]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Use the form with a key field for a new row only: a key cannot be changed afterwards."""
        kwargs["form"] = KeyForm if obj else NewKeyForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields to fill in for a new key; for an existing one also what is known about it."""
        if obj is None:
            return [(None, {"fields": ["provider", "label", "value", "enabled"]})]
        return [
            (None, {"fields": ["label", "enabled"]}),
            ("About this key", {"fields": self.shown}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Lock an existing key but for its label and its switch."""
        return self.shown if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Protect a key that the environment names: it is removed there; here it can be switched off."""
        if obj is not None and _is_from_environment(obj) and credentials.open_key(obj):
            return False
        return super().has_delete_permission(request, obj)

    @method_decorator(sensitive_post_parameters("value"))
    @method_decorator(sensitive_variables())
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show and save the form of a new key; the decorators keep it out of error reports."""
        return super().add_view(request, form_url, extra_context)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Seal a new key; `add_key` makes the row, because the row's id is part of what is sealed."""
        if change:
            return super().save_form(request, form, change)
        assert request.user.is_authenticated
        typed = form.cleaned_data
        form.instance = credentials.add_key(
            provider=typed["provider"],
            label=typed["label"],
            value=typed["value"],
            enabled=typed["enabled"],
            by=request.user,
        )
        return super().save_form(request, form, change)

    @admin.display(description="Ends in", ordering="last_four")
    def ends_in(self, row: ProviderKey) -> str:
        """The last four characters, where the key was long enough to show them."""
        if _is_from_environment(row) and not credentials.open_key(row):
            return "not in the environment now"
        return f"…{row.last_four}" if row.last_four else "not shown"

    @admin.action(description="Test the selected keys at their provider", permissions=["change"])
    def test_keys(self, request: HttpRequest, queryset: QuerySet[ProviderKey]) -> None:
        """Test each selected key by a short call to its provider, which costs a few tokens."""
        for key in queryset.select_related("provider"):
            self._test(request, key)

    @admin.action(description="Switch the selected keys on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[ProviderKey]) -> None:
        """Let the selected keys be used from the next message on."""
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Switch the selected keys off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[ProviderKey]) -> None:
        """Stop using the selected keys from the next message on."""
        self._switch(request, queryset, enabled=False)

    @transaction.atomic
    def _switch(
        self, request: HttpRequest, queryset: QuerySet[ProviderKey], *, enabled: bool
    ) -> None:
        for key in queryset.select_related("provider"):
            key.enabled = enabled
            key.save(update_fields=["enabled", "changed_at"])
            self.log_change(request, key, "Switched on." if enabled else "Switched off.")
        Revision.bump()
        self.message_user(request, "Done. It holds from the next message on.")

    def _test(self, request: HttpRequest, key: ProviderKey) -> None:
        checked = key_check.try_key(key, at=timezone.now())
        self.log_change(request, key, f"Tested: {checked.words}")
        level = messages.SUCCESS if checked.works else messages.WARNING
        self.message_user(request, f"{key}: {checked.words}", level)

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the Test button on a key's own page."""
        view = self.admin_site.admin_view(require_POST(self.test_view))
        return [path("<int:pk>/test/", view, name="routing_providerkey_test"), *super().get_urls()]

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Test one key and show its page again."""
        key = get_object_or_404(ProviderKey.objects.select_related("provider"), pk=pk)
        if not self.has_change_permission(request, key):
            return HttpResponse("You may not test keys.", status=403, content_type="text/plain")
        self._test(request, key)
        return HttpResponseRedirect(reverse("admin:routing_providerkey_change", args=[pk]))


def _is_from_environment(key: ProviderKey) -> bool:
    return key.source == ProviderKey.Source.ENVIRONMENT
