"""The overview's page: tiles, charts and tables; `?format=json` gives the same to programs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from observability.overview.aggregate import Overview, aggregate
from observability.overview.headline import tiles
from observability.overview.question import QuestionForm
from observability.overview.tables import tables

PERMISSION = "observability.view_attemptrecord"


def overview(request: HttpRequest) -> HttpResponse:
    """Show the overview of what the address asks for."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    now = timezone.now()
    form = QuestionForm(request.GET, now=now)
    as_json = request.GET.get("format") == "json"
    if not form.is_valid():
        if as_json:
            return _json({"errors": form.errors.get_json_data()}, status=400)
        return _page(request, {"form": form})
    question = form.question()
    seen = aggregate(question, now=now)
    if as_json:
        return _json({"question": question, "overview": seen})
    form.show(question)
    return _page(
        request,
        {
            "form": form,
            "seen": seen,
            "last_day": seen.end - timedelta(days=1),
            "organisation": form.cleaned_data["organisation"],
            "counted": form.cleaned_data["counted"],
            "tiles": tiles(seen),
            "tables": tables(seen, question),
            "charts": _charts(seen),
            "drawn": _drawn(seen),
            "address": _address(request),
        },
    )


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    base = {**admin.site.each_context(request), "title": "Overview"}
    return TemplateResponse(request, "admin/observability/overview.html", base | context)


def _json(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(content), content_type="application/json", status=status
    )


def _charts(seen: Overview) -> tuple[tuple[str, str], ...]:
    """Which charts there are, and what stands above them."""
    each = "hour" if seen.by_hour else "day"
    return (
        ("turns", f"Turns by {each}"),
        ("cost", f"Cost by {each}, USD"),
        ("speed", f"Time to first token by {each}, ms"),
        ("tokens", f"Tokens by {each}"),
        ("models", "Cost by model, USD"),
        ("intents", "Turns by intent"),
    )


def _address(request: HttpRequest) -> str:
    """What was asked, without the form of the answer."""
    asked = request.GET.copy()
    asked.pop("format", None)
    return asked.urlencode()


def _drawn(seen: Overview) -> dict[str, Any]:
    """What the charts need; to draw, amounts may be rounded, and nothing else reads them."""
    label = "%H:%M" if seen.by_hour else "%-d %b"
    parts = [(f"{each.start:{label}}", each.figures, each.first_token_ms) for each in seen.moments]
    return {
        "labels": [name for name, _, _ in parts],
        "answered": [figures.turns - figures.failed_turns for _, figures, _ in parts],
        "failed": [figures.failed_turns for _, figures, _ in parts],
        "cost": [float(figures.cost_usd - figures.lost_usd) for _, figures, _ in parts],
        "lost": [float(figures.lost_usd) for _, figures, _ in parts],
        "input": [figures.input_tokens for _, figures, _ in parts],
        "output": [figures.output_tokens for _, figures, _ in parts],
        "p50": [durations[0] if durations else None for _, _, durations in parts],
        "p95": [durations[1] if durations else None for _, _, durations in parts],
        "models": [[each.label, float(each.figures.cost_usd)] for each in seen.models[:8]],
        "intents": [[each.label, each.figures.turns] for each in seen.intents[:8]],
    }


def _with_ours(others: Callable[[], list[URLPattern]]) -> Callable[[], list[URLPattern]]:
    ours = path("overview/", admin.site.admin_view(overview), name="observability_overview")
    return lambda: [*others(), ours]


# unfold's own hook for pages that belong to no model; "Try a message" hangs on it too.
admin.site.extra_urls = _with_ours(  # type: ignore[attr-defined]
    getattr(admin.site, "extra_urls", list)
)
