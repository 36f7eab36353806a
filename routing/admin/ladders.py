"""The page of a ladder: the models that serve an intent, in an order that staff change by dragging."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import QuerySet
from django.http import HttpRequest

from routing.admin.base import PartInline, PolicyAdmin
from routing.forms.policies import RungForm, RungFormSet
from routing.forms.stale import PolicyForm
from routing.models import Deployment, Ladder, Rung

ORDER_OF_CALLS = (
    "The models below are asked from the top, each only if those above it gave no answer; drag them by "
    "their handle. One message may cost as many calls as the policy allows (3 as shipped), and up to 6 "
    "where that is what it takes to reach a model that works. A model that is out of service, without a "
    "key or too small for the message is passed over without a call; if all are out, the one that is "
    "expected back soonest is asked once. Demo models come last of all, wherever they stand here. Try a "
    "message shows which models are out just now."
)


class RungInline(PartInline):
    """The table of a ladder's rungs, in the order in which they are tried."""

    model = Rung
    form = RungForm
    formset = RungFormSet
    fields = ["deployment", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True
    extra = 0

    class Media:
        js = ["routing/new_rungs.js"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Read models and providers in one query: each model is listed with its provider."""
        kwargs["queryset"] = Deployment.objects.select_related("provider")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the buttons that add or change a model: models have pages of their own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rung]:
        """Read the rungs with the rows that their names are made from."""
        rows: QuerySet[Rung] = super().get_queryset(request)
        return rows.select_related("deployment__provider", "ladder")


@admin.register(Ladder)
class LadderAdmin(PolicyAdmin):
    """The pages on which staff edit ladders; a ladder is made and deleted with its intent."""

    form = PolicyForm
    inlines = [RungInline]
    list_display = ["purpose", "order", "cache_ttl_s"]
    list_display_links = ["purpose"]
    readonly_fields = ["purpose"]
    fieldsets = [
        (
            None,
            {
                "fields": ["purpose"],
                "description": ORDER_OF_CALLS,
            },
        ),
        (
            "When a provider fails in the middle of a reply",
            {"fields": ["on_break"], "classes": ["collapse"]},
        ),
        ("Web search", {"fields": ["web_search"], "classes": ["collapse"]}),
        (
            "Serving a reply again",
            {"fields": ["cache_ttl_s", "cache_scope"], "classes": ["collapse"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ladder]:
        """Read the ladders with their intent and rungs."""
        rows: QuerySet[Ladder] = super().get_queryset(request)
        return rows.select_related("intent").prefetch_related("rungs__deployment")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: a ladder is made with its intent."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a ladder is deleted with its intent."""
        return False

    @admin.display(description="Serves", ordering="intent__position")
    def purpose(self, row: Ladder) -> str:
        """The intent that the ladder serves, or the ladder's name where it serves none."""
        return f"{row.intent.label} ({row.name})" if row.intent else row.name

    @admin.display(description="Models, first to last")
    def order(self, row: Ladder) -> str:
        """The models of the ladder in one line."""
        return " → ".join(rung.deployment.label for rung in row.rungs.all())
