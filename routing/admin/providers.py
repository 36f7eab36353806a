"""The pages of providers and their models."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from routing.admin.base import RoutingTableAdmin
from routing.forms.providers import ProviderForm
from routing.models import Deployment, Provider
from routing.services import credentials


@admin.register(Provider)
class ProviderAdmin(RoutingTableAdmin):
    """The pages on which staff edit providers and their addresses."""

    form = ProviderForm
    list_display = ["name", "slug", "wire", "address_in_use", "usable_keys", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "slug"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "enabled"]}),
        (
            "How it is called",
            {"fields": ["wire", "base_url", "address_in_use", "needs_key", "probe"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Lock the slug of a provider that exists: ladders use it, and its keys are sealed with it."""
        return ["address_in_use", "slug"] if obj else ["address_in_use"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        """Read the providers with the number of keys that are switched on."""
        rows: QuerySet[Provider] = super().get_queryset(request)
        return rows.annotate(keys_on=Count("keys", filter=Q(keys__enabled=True)))

    @admin.display(description="Address in use")
    def address_in_use(self, row: Provider) -> str:
        """The address that is called: the environment's, if it names one, else the one entered here."""
        address = credentials.base_url(row)
        if not address:
            return "none"
        named = address != row.base_url.rstrip("/")
        return f"{address} (from the environment)" if named else address

    @admin.display(description="Keys switched on")
    def usable_keys(self, row: Any) -> str:
        """The number of keys that may be used, or that none is needed."""
        return str(row.keys_on) if row.needs_key or row.keys_on else "needs none"


@admin.register(Deployment)
class DeploymentAdmin(RoutingTableAdmin):
    """The pages on which staff edit models at providers, with their limits."""

    list_display = [
        "label",
        "provider",
        "model",
        "context_window",
        "max_output_tokens",
        "offered",
        "enabled",
    ]
    list_filter = ["provider", "enabled", "offered"]
    list_select_related = ["provider"]
    search_fields = ["label", "model", "provider__name"]
    fieldsets = [
        (None, {"fields": ["provider", "model", "label", "enabled", "offered", "demo"]}),
        ("Retirement", {"fields": ["retires_on"]}),
        ("Size", {"fields": ["context_window", "max_output_tokens"]}),
        (
            "Timeouts and calls at once",
            {"fields": ["first_token_timeout_s", "thinking_timeout_s", "max_concurrency"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Lock provider and model of a row that exists: ladders, versions and records know it by them."""
        return ["provider", "model"] if obj else []
