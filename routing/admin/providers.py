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
    """Providers."""

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
        """Its slug is in every ladder and sealed with its keys."""
        return ["address_in_use", "slug"] if obj else ["address_in_use"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        """With the number of keys that are switched on."""
        rows: QuerySet[Provider] = super().get_queryset(request)
        return rows.annotate(keys_on=Count("keys", filter=Q(keys__enabled=True)))

    @admin.display(description="Address in use")
    def address_in_use(self, row: Provider) -> str:
        """The environment's address wins over the one entered here."""
        address = credentials.base_url(row)
        if not address:
            return "none"
        named = address != row.base_url.rstrip("/")
        return f"{address} (from the environment)" if named else address

    @admin.display(description="Keys switched on")
    def usable_keys(self, row: Any) -> str:
        """How many keys may be used."""
        return str(row.keys_on) if row.needs_key or row.keys_on else "needs none"


@admin.register(Deployment)
class DeploymentAdmin(RoutingTableAdmin):
    """Models at providers, with their limits."""

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
        ("How long it is there", {"fields": ["retires_on"]}),
        ("Size", {"fields": ["context_window", "max_output_tokens"]}),
        (
            "Patience",
            {"fields": ["first_token_timeout_s", "thinking_timeout_s", "max_concurrency"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Ladders, versions and records know a model by these two."""
        return ["provider", "model"] if obj else []
