"""Lists of tables that grow without end: a page costs the same however long its table is."""

from functools import cached_property
from typing import Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from chatcore.models import User
from routing.admin.base import ReadOnlyAdmin

MOST = 10_000
"""Rows that are counted and paged through; whoever wants others narrows the list down."""
MOST_PEOPLE = 100
"""People whose names are looked up for a search."""


class OrMore(int):
    """A number that says that there are more."""

    def __str__(self) -> str:
        return f"{int(self):,} or more"


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages through the first rows of a long list."""

    @cached_property
    def count(self) -> int:
        """The number of rows, at most `MOST`; in no order, so that the first ones found will do."""
        rows: Any = self.object_list
        found = int(rows.order_by().values("pk")[:MOST].count())
        return OrMore(found) if found == MOST else found


class BigTableAdmin(ReadOnlyAdmin):
    """Base of the pages of such tables. What a list filters by has an index of its own."""

    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    show_facets = ShowFacets.NEVER
    time_field = "created_at"
    time_column = ""
    """The column of the list that shows it."""

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Sort by other columns than the time only within a chosen span: they have no index."""
        within = any(name.startswith(f"{self.time_field}__") for name in request.GET)
        return self.get_list_display(request) if within else [self.time_column]


def of_people(rows: QuerySet[Any], field: str, name: str) -> QuerySet[Any]:
    """The rows of the people whose name holds this.

    The people are looked up first: in one query a database might walk through all rows instead.
    """
    people = User.objects.filter(username__icontains=name).order_by("pk")
    found = list(people.values_list("pk", flat=True)[:MOST_PEOPLE])
    return rows.filter(**{f"{field}__in": found})
