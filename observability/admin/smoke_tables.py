"""The results of a smoke evaluation as a table for its admin page."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join

from chatcore.models import Turn
from chatcore.replies.outcome import plain_decimal, reference
from observability.models import SmokeResult, SmokeRun
from observability.smoke.changes import checks_of
from observability.smoke.verdicts import Check

HEADERS = ["Case", "Verdict", "Checks", "Answered by", "Took", "Cost", "Turn"]


def state(run: SmokeRun) -> str:
    """Its verdict, or how far it has come."""
    if run.status == SmokeRun.Status.QUEUED:
        return "waits for the worker, which looks every minute"
    if run.status == SmokeRun.Status.RUNNING:
        return f"is running: {run.results.count()} cases are through"
    return str(run.get_verdict_display()).lower()


def results_table(run: SmokeRun) -> dict[str, Any]:
    """Make a row for each case, with every check's verdict."""
    results = list(run.results.all())
    asked = [result.turn_id for result in results if result.turn_id]
    there = set(Turn.objects.filter(pk__in=asked).values_list("pk", flat=True))
    return {"headers": HEADERS, "rows": [_row(result, there) for result in results]}


def _row(result: SmokeResult, there: set[Any]) -> list[str]:
    cost = plain_decimal(result.cost_usd)
    took = "–" if result.latency_ms is None else f"{result.latency_ms:,}\N{NO-BREAK SPACE}ms"
    return [
        f"{result.place}. {result.name}",
        result.verdict,
        _checks(checks_of(result)),
        result.deployment or "nobody",
        took,
        "unknown" if cost is None else f"${cost}",
        _turn(result, there),
    ]


def _checks(checks: list[Check]) -> str:
    """List what failed first, then what could not be judged, then the rest."""
    order = ("failed", "not judged", "passed")
    listed = sorted(checks, key=lambda check: order.index(check.verdict))
    lines = ((_line(check),) for check in listed)
    return format_html('<ul class="checks">{}</ul>', format_html_join("", "<li>{}</li>", lines))


def _line(check: Check) -> str:
    detail = f": {check.detail}" if check.detail else ""
    if check.verdict == "passed":
        return f"{check.name}{detail}"
    return format_html("<strong>{}</strong> {}{}", check.verdict.capitalize(), check.name, detail)


def _turn(result: SmokeResult, there: set[Any]) -> str:
    if result.turn_id is None:
        return "–"
    if result.turn_id not in there:  # purged with its conversation
        return reference(result.turn_id)
    address = reverse("admin:chatcore_turn_change", args=[result.turn_id])
    return format_html('<a href="{}" class="underline">{}</a>', address, reference(result.turn_id))
