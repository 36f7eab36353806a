"""Every provider call, to look through."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from chatcore.references import ids_of
from observability.models import AttemptRecord
from routing.admin.base import ModelAdmin


@admin.register(AttemptRecord)
class AttemptRecordAdmin(ModelAdmin):
    list_display = [
        "started_at",
        "source",
        "intent",
        "deployment",
        "status",
        "error",
        "first_token_ms",
        "total_ms",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "cache_hit",
    ]
    list_filter = [
        "started_at",
        "status",
        "source",
        "provider",
        "intent",
        "error",
        "cache_hit",
        "fallback_used",
        "truncated",
        "usage_source",
        "cost_source",
    ]
    search_fields = ["deployment", "model_answered"]
    search_help_text = "A turn's reference, or a part of a model's name."
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AttemptRecord], search_term: str
    ) -> tuple[QuerySet[AttemptRecord], bool]:
        """By reference where it is one, else by model."""
        if ids := ids_of(search_term):
            return queryset.filter(turn_id__range=ids), False
        found: tuple[QuerySet[AttemptRecord], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
