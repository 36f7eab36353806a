"""The pages of prices: what a model costs, and from which day on.

A price that has begun to hold is neither changed nor deleted: costs were computed with it, and their
pages lead to it. Deleting it would not mend those costs either; a row that holds from now on mends the
next ones. One that has not begun was used by nothing, so it may be deleted and entered anew.
"""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from routing.admin.base import RoutingTableAdmin
from routing.models import Price


@admin.register(Price)
class PriceAdmin(RoutingTableAdmin):
    """The pages on which staff add and read prices by day and prompt size."""

    list_display = [
        "model",
        "provider",
        "above_input_tokens",
        "from_day",
        "when",
        "its_input",
        "its_cached_input",
        "its_output",
        "its_search",
    ]
    list_filter = ["provider", "model"]
    list_select_related = ["provider"]
    search_fields = ["model", "provider__name"]
    fieldsets = [
        (None, {"fields": ["provider", "model", "effective_from", "above_input_tokens"]}),
        (
            "USD",
            {
                "fields": [
                    "input_usd",
                    "cached_input_usd",
                    "cache_write_usd",
                    "output_usd",
                    "search_usd",
                ],
                "description": "A price cannot be changed once it is saved. Before it begins to hold it can be "
                "deleted; afterwards, correct it by adding a row that holds from now on.",
            },
        ),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a cost that was computed with a price must stay explicable."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only before the price begins to hold."""
        if obj is not None and obj.effective_from <= timezone.now():
            return False
        return super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """Read the prices, each with whether it has begun and whether a later one has replaced it."""
        begun = Price.objects.filter(effective_from__lte=Now())
        later = begun.filter(
            provider=OuterRef("provider"),
            model=OuterRef("model"),
            above_input_tokens=OuterRef("above_input_tokens"),
            effective_from__gt=OuterRef("effective_from"),
        )
        rows: QuerySet[Price] = super().get_queryset(request)
        return rows.annotate(
            has_begun=Exists(begun.filter(pk=OuterRef("pk"))),
            is_replaced=Exists(later),
        )

    @admin.display(description="From (UTC)", ordering="effective_from")
    def from_day(self, row: Price) -> str:
        """The moment from which it holds, written short because the list is wide."""
        return f"{row.effective_from:%Y-%m-%d %H:%M}"

    @admin.display(description="Input", ordering="input_usd")
    def its_input(self, row: Price) -> str:
        """USD per million input tokens."""
        return _plain(row.input_usd)

    @admin.display(description="Cached input", ordering="cached_input_usd")
    def its_cached_input(self, row: Price) -> str:
        """USD per million cached input tokens."""
        return _plain(row.cached_input_usd)

    @admin.display(description="Output", ordering="output_usd")
    def its_output(self, row: Price) -> str:
        """USD per million output tokens."""
        return _plain(row.output_usd)

    @admin.display(description="Searches", ordering="search_usd")
    def its_search(self, row: Price) -> str:
        """USD per thousand searches."""
        return _plain(row.search_usd)

    @admin.display(description="In force")
    def when(self, row: Any) -> str:
        """Whether the price holds now, not yet, or no longer."""
        if not row.has_begun:
            return "not yet"
        return "no longer" if row.is_replaced else "now"


def _plain(amount: Decimal | None) -> str:
    """The amount without the trailing zeros with which the column stores it."""
    return "–" if amount is None else f"{amount.normalize():f}"
