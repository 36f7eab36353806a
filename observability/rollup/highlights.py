"""What stands out in a span: failures, fallbacks, truncations, calls of unknown cost, expensive turns."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.urls import reverse

from chatcore.models import Turn
from chatcore.replies.outcome import reference
from observability.figures import ExactSum, Rows
from observability.models import AttemptRecord
from observability.names import CALL_ERRORS, FAILURES, TRUNCATIONS, Names
from observability.rollup.report import ExpensiveTurn, Tally

MOST_EXPENSIVE = 5
_FAILED = ["failed", "interrupted"]


def failures(rows: Rows) -> tuple[Tally, ...]:
    """Turns without an answer, by what their people were told."""
    failed = rows.filter(concludes=True, turn_status__in=_FAILED)
    return _tally(failed, "error_code", _words(FAILURES))


def fallbacks(rows: Rows) -> tuple[Tally, ...]:
    """Failed calls of turns that another rung answered, by their error."""
    saved = rows.filter(fallback_used=True, concludes=False).exclude(turn_status__in=_FAILED)
    return _tally(saved.filter(status__in=["failed", "cut"]), "error", _words(CALL_ERRORS))


def truncations(rows: Rows) -> tuple[Tally, ...]:
    """Replies that are not the whole answer, by why."""
    cut = rows.filter(concludes=True, truncated=True)
    return _tally(cut, "truncated_reason", _words(TRUNCATIONS))


def unpriced(rows: Rows, names: Names) -> tuple[Tally, ...]:
    """Calls whose model has no price, by model."""
    return _tally(rows.filter(number__gt=0, cost_usd=None), "deployment", names.model)


def estimated(rows: Rows, names: Names) -> tuple[Tally, ...]:
    """Calls whose tokens or cost are our estimate, by model."""
    ours = Q(usage_source="estimated") | Q(cost_source="estimated")
    return _tally(rows.filter(ours, number__gt=0), "deployment", names.model)


def most_expensive(rows: Rows, names: Names) -> tuple[ExpensiveTurn, ...]:
    """The turns that cost most, all their calls together."""
    sums = rows.values("turn_id").annotate(
        cost=ExactSum("cost_usd"),
        read=Sum("input_tokens", default=0),
        written=Sum("output_tokens", default=0),
    )
    # On SQLite an exact sum compares with no amount, hence the test afterwards; see ExactSum.
    ordered = sums.order_by(F("cost").desc(nulls_last=True), "turn_id")
    found: list[dict[str, Any]] = [dict(each) for each in ordered[:MOST_EXPENSIVE] if each["cost"]]
    ids = [each["turn_id"] for each in found]
    standing = {row.turn_id: row for row in rows.filter(turn_id__in=ids, concludes=True)}
    known = set(Turn.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return tuple(
        _expensive(standing[each["turn_id"]], each, names, known)
        for each in found
        if each["turn_id"] in standing
    )


def _expensive(
    row: AttemptRecord, sums: Mapping[str, Any], names: Names, known: set[UUID]
) -> ExpensiveTurn:
    path = reverse("admin:chatcore_turn_change", args=[row.turn_id])
    return ExpensiveTurn(
        reference=reference(row.turn_id),
        path=path if row.turn_id in known else "",
        member=names.member(row.user_id, row.organisation_id),
        organisation=names.organisation(row.organisation_id),
        intent=names.intent(row.intent),
        model=names.model(row.deployment, cached=row.cache_hit),
        cost_usd=sums["cost"],
        input_tokens=sums["read"],
        output_tokens=sums["written"],
    )


def _tally(rows: Rows, field: str, say: Callable[[str], str]) -> tuple[Tally, ...]:
    counts = rows.values(field).annotate(count=Count("id")).order_by("-count", field)
    return tuple(
        Tally(key=each[field], label=say(each[field]), count=each["count"]) for each in counts
    )


def _words(known: Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: known.get(code) or code.replace("_", " ") or "not said"
