"""The filters of the list of attempts; their choices come from small tables, not from a million rows."""

from django.contrib import admin

from chatcore.admin.column_filters import Choices, by_column, themselves
from chatcore.models import Organisation
from observability.models.smoke import SERVICE_ORGANISATION
from observability.names import CALL_ERRORS
from routing.models import Deployment, Intent, Provider

STATUSES = ("ok", "failed", "cut", "abandoned", "unknown")
SOURCES = ("chat", "api", "smoke", "summary", "check")


def _organisations() -> Choices:
    return Organisation.objects.exclude(name=SERVICE_ORGANISATION).values_list("pk", "name")


def _models() -> Choices:
    return [(row.name, row.name) for row in Deployment.objects.select_related("provider")]


def _errors() -> Choices:
    return [(code, words) for code, words in CALL_ERRORS.items() if code]


FILTERS: list[str | type[admin.SimpleListFilter]] = [
    "started_at",
    by_column("organisation_id", "organisation", _organisations),
    by_column("intent", "intent", lambda: Intent.objects.values_list("name", "label")),
    by_column("provider", "provider", lambda: Provider.objects.values_list("slug", "name")),
    by_column("deployment", "model", _models),
    by_column("status", "what came of it", lambda: themselves(STATUSES)),
    by_column("error", "error: the model …", _errors),
    by_column("source", "source", lambda: themselves(SOURCES)),
    by_column("usage_source", "tokens are", lambda: themselves(("reported", "estimated", "none"))),
    by_column(
        "cost_source",
        "cost is",
        lambda: themselves(("provider", "computed", "estimated", "unknown")),
    ),
    "fallback_used",
    "truncated",
    "cache_hit",
]
