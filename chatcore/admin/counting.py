"""How many rows are there? Counted up to a bound: a million rows are not counted for a page number."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MOST = 10_000


class OrMore(int):
    """A number that says that there are more."""

    def __str__(self) -> str:
        return f"{int(self):,} or more"


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages through the first rows of a long list; whoever wants others narrows it down."""

    @cached_property
    def count(self) -> int:
        """At most `MOST`."""
        rows: Any = self.object_list
        found = int(rows.order_by()[:MOST].count())
        return OrMore(found) if found == MOST else found
