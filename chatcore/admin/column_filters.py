"""Filters of lists whose choices come from small tables or constants, and not from the list's own rows."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

Choices = Iterable[tuple[Any, str]]


def by_column(
    field: str, title: str, choices: Callable[[], Choices]
) -> type[admin.SimpleListFilter]:
    """A filter on one column; `choices` are looked up when it is shown."""

    class ByColumn(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
            """The choices, and whatever was chosen: rows outlive what they speak of."""
            known = {str(value): words for value, words in choices()}
            chosen = self.value()
            return list((known if chosen is None else {chosen: chosen} | known).items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    ByColumn.title = title
    return ByColumn


def themselves(values: Iterable[str]) -> Choices:
    """Choices that are shown as they are stored."""
    return [(value, value) for value in values]
