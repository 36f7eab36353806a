"""The filters of the list of attempts; their choices come from small tables, not from a million rows."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from chatcore.models import Organisation
from observability.models.smoke import SERVICE_ORGANISATION
from observability.names import CALL_ERRORS
from routing.models import Deployment, Intent, Provider

Choices = Iterable[tuple[Any, str]]
STATUSES = ("ok", "failed", "cut", "abandoned", "unknown")
SOURCES = ("chat", "api", "smoke", "summary", "check")


def _by(field: str, title: str, choices: Callable[[], Choices]) -> type[admin.SimpleListFilter]:
    """A filter on one column, whose choices are looked up when it is shown."""

    class ByColumn(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
            """The choices, and whatever was chosen: rows outlive what they speak of."""
            known = {str(value): words for value, words in choices()}
            chosen = self.value()
            return list((known if chosen is None else {chosen: chosen} | known).items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """The rows of the chosen one."""
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    ByColumn.title = title
    return ByColumn


def _same(values: Iterable[str]) -> Choices:
    return [(value, value) for value in values]


def _organisations() -> Choices:
    return Organisation.objects.exclude(name=SERVICE_ORGANISATION).values_list("pk", "name")


def _models() -> Choices:
    return [(row.name, row.name) for row in Deployment.objects.select_related("provider")]


def _errors() -> Choices:
    return [(code, words) for code, words in CALL_ERRORS.items() if code]


FILTERS: list[str | type[admin.SimpleListFilter]] = [
    "started_at",
    _by("organisation_id", "organisation", _organisations),
    _by("intent", "intent", lambda: Intent.objects.values_list("name", "label")),
    _by("provider", "provider", lambda: Provider.objects.values_list("slug", "name")),
    _by("deployment", "model", _models),
    _by("status", "what came of it", lambda: _same(STATUSES)),
    _by("error", "error: the model …", _errors),
    _by("source", "source", lambda: _same(SOURCES)),
    _by("usage_source", "tokens are", lambda: _same(("reported", "estimated", "none"))),
    _by(
        "cost_source",
        "cost is",
        lambda: _same(("provider", "computed", "estimated", "unknown")),
    ),
    "fallback_used",
    "truncated",
    "cache_hit",
]
