"""Writes the records of finished requests."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from chatcore.db.errors import LOST
from chatcore.turns.signals import TurnFinished
from observability.models import AttemptRecord
from routing.providers.fields import word
from routing.route import Attempt, Route

logger = logging.getLogger(__name__)
COUNTED = ("http_status", "confidence", "price_id", "saved_usd", "cost_usd")
COUNTS = ("_ms", "_tokens", "_queries")


def log_turn(finished: TurnFinished) -> None:
    """Write one row for each attempt, or one where nobody was called. Twice is once.

    What a turn was recorded as first stands, whoever tells of it later. Raises what the database
    says when it will not have the turn even without its numbers.
    """
    if recorded([finished.turn_id]):
        return
    rows = rows_of(finished)
    try:
        _write(rows)
    except LOST:
        raise
    except Exception:
        if recorded([finished.turn_id]):  # by another, at this moment
            return
        logger.exception("Turn %s is recorded without its numbers", finished.turn_id)
        _write([_without_numbers(row) for row in rows])


def log_turns(several: Sequence[TurnFinished]) -> None:
    """Write the rows of several requests in one go; one that is refused does not cost the others."""
    known = recorded([finished.turn_id for finished in several])
    new: dict[UUID, TurnFinished] = {}
    for finished in several:
        if finished.turn_id not in known:
            new.setdefault(finished.turn_id, finished)
    try:
        _write([row for finished in new.values() for row in rows_of(finished)])
    except LOST:
        raise
    except Exception:
        for finished in new.values():
            _log_or_report(finished)


def log_unreadable(finished: TurnFinished) -> None:
    """Write one row for a turn whose route cannot be read: what it cost is unknown, not nothing."""
    if not recorded([finished.turn_id]):
        row = _without_numbers(_of_nobody(finished))
        row.status = "unknown"
        _write([row])


def recorded(turn_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these turns that have any record."""
    found = AttemptRecord.objects.filter(turn_id__in=turn_ids).order_by()
    return set(found.values_list("turn_id", flat=True))


def _log_or_report(finished: TurnFinished) -> None:
    try:
        log_turn(finished)
    except LOST:
        raise
    except Exception:
        logger.exception("Turn %s could not be recorded", finished.turn_id)


def _write(rows: list[AttemptRecord]) -> None:
    """All or none. Conflicts are not ignored: SQLite would silently drop every row it refuses."""
    with transaction.atomic():
        AttemptRecord.objects.bulk_create(rows)


def _without_numbers(row: AttemptRecord) -> AttemptRecord:
    """The same call, with what no column refuses: it counts as one of unknown cost.

    The vendor's words go as well as its numbers.
    """
    for name in [field.name for field in row._meta.get_fields()]:
        if name in COUNTED or name.endswith(COUNTS):
            setattr(row, name, None)
    row.model_answered = row.raw_finish_reason = ""
    row.usage_source, row.cost_source = "none", "unknown"
    return row


def rows_of(finished: TurnFinished) -> list[AttemptRecord]:
    """Make the rows of one request, not yet written; exactly one concludes it."""
    route = finished.route
    if route.cache_hit or not route.attempts:
        return [_of_nobody(finished)]
    return [_of_attempt(finished, attempt) for attempt in route.attempts]


def _of_nobody(finished: TurnFinished) -> AttemptRecord:
    """A reply from the cache, or a turn that nobody could be asked for."""
    row = _of_request(finished)
    row.number, row.concludes = 0, True
    row.status = "ok" if finished.route.cache_hit else "failed"
    row.cache_hit, row.saved_usd = finished.route.cache_hit, finished.route.saved_usd
    row.first_token_ms, row.total_ms = finished.time_to_first_token_ms, finished.latency_ms
    row.usage_source = "none"
    row.cost_usd, row.cost_source = Decimal(0), "computed"
    return row


def _of_attempt(finished: TurnFinished, attempt: Attempt) -> AttemptRecord:
    row = _of_request(finished)
    row.number, row.rung, row.leg = attempt.number, attempt.rung, attempt.leg
    row.concludes = attempt is finished.route.answering
    row.key_label = attempt.key[:60]
    row.deployment, row.provider = attempt.deployment, attempt.provider
    row.model_asked = attempt.deployment.partition("/")[2][:120]
    row.model_answered = word(attempt.model_answered, 120)
    row.status, row.error, row.http_status = attempt.status, attempt.error, attempt.http_status
    row.queued_ms = attempt.started_ms
    row.opened_ms = _since(attempt.started_ms, attempt.opened_ms)
    row.first_token_ms = _since(attempt.started_ms, attempt.first_token_ms)
    row.total_ms = _since(attempt.started_ms, attempt.ended_ms)
    row.input_tokens = attempt.usage.input_tokens
    row.output_tokens = attempt.usage.output_tokens
    row.cache_read_tokens = attempt.usage.cache_read_tokens
    row.cache_write_tokens = attempt.usage.cache_write_tokens
    row.reasoning_tokens = attempt.usage.reasoning_tokens
    row.search_queries = attempt.usage.search_queries
    row.usage_source = attempt.usage_source
    row.cost_usd, row.cost_source = attempt.cost_usd, attempt.cost_source
    row.price_id = attempt.price
    row.finish_reason = attempt.finish_reason
    row.raw_finish_reason = word(attempt.raw_finish_reason, 60)
    row.truncated = bool(attempt.truncated_reason)
    row.truncated_reason = attempt.truncated_reason
    return row


def _of_request(finished: TurnFinished) -> AttemptRecord:
    """What all rows of one request share."""
    route = finished.route
    return AttemptRecord(
        turn_id=finished.turn_id,
        thread_id=finished.thread_id,
        organisation_id=finished.organisation_id,
        user_id=finished.user_id,
        source=finished.source,
        turn_status=finished.status,
        error_code=finished.error_code,
        latency_ms=finished.latency_ms,
        time_to_first_token_ms=finished.time_to_first_token_ms,
        intent=route.intent,
        confidence=_confidence(route),
        policy_version=route.policy_version,
        ladder=route.ladder,
        fallback_used=route.fallback_used,
        started_at=finished.started_at,
    )


def _confidence(route: Route) -> float | None:
    return next((score.score for score in route.scores if score.intent == route.intent), None)


def _since(began_ms: int, then_ms: int | None) -> int | None:
    return None if then_ms is None else max(0, then_ms - began_ms)
