"""How many rows are there? Counted up to a bound: a million rows are not counted for a page number."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages through the first rows of a long list; whoever wants others narrows it down."""

    @cached_property
    def count(self) -> int:
        """At most `MOST`."""
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST].count())
