"""The spans of a finished request, built from its route when it has ended."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from chatcore.turns.signals import TurnFinished
from observability.telemetry import model_calls, turn_metrics
from routing.route import Attempt, Route

logger = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def emit(finished: TurnFinished) -> None:
    """Emit one request's spans and metrics; what goes wrong here is logged, and the chat goes on."""
    try:
        root, end_ns = _root(finished)
        _Tree(finished, root).build()
        _end(root, finished, end_ns)
        turn_metrics.count(finished)
    except Exception:
        logger.exception("Turn %s has no spans", finished.turn_id)


def _root(finished: TurnFinished) -> tuple[Span, int | None]:
    """The span that was opened with the turn, and when it ends: now.

    Where its process has died it is made anew, and ends when the last that is known of it did.
    """
    span = trace.get_current_span()
    if span.is_recording():
        return span, None
    route = finished.route
    known_ms = [attempt.ended_ms or attempt.started_ms for attempt in route.attempts]
    known_ms += [finished.stored_ms or finished.latency_ms or 0]
    span = _tracer.start_span("turn", context=Context(), start_time=_epoch_ns(finished, 0))
    return span, _epoch_ns(finished, max(known_ms))


class _Tree:
    """The spans of one request. Times are milliseconds since it came."""

    def __init__(self, finished: TurnFinished, root: Span) -> None:
        self._finished = finished
        self._route = finished.route
        self._inside = trace.set_span_in_context(root, Context())

    def build(self) -> None:
        """Emit every span below the root."""
        route = self._route
        if route.decided_ms is not None:
            self._leaf("decide", 0, route.decided_ms, **_decision(route))
        if route.cache_asked_ms is not None:
            result = "hit" if route.cache_hit else "miss"
            self._leaf(
                "cache",
                route.cache_asked_ms,
                route.cache_answered_ms,
                **{"chatcore.cache.result": result},
            )
        for attempt in route.attempts:
            self._attempt(attempt)
        if self._finished.latency_ms is not None and self._finished.stored_ms is not None:
            self._leaf("persist", self._finished.latency_ms, self._finished.stored_ms)

    def _attempt(self, attempt: Attempt) -> None:
        """Emit one attempt and, where the provider was called, the call below it."""
        if attempt.ended_ms is None and attempt.status == "abandoned":
            return  # noted, never called
        span = _tracer.start_span(
            "attempt",
            context=self._inside,
            start_time=self._at(attempt.started_ms),
            attributes=_attempt(attempt),
        )
        if attempt.status not in {"ok", "abandoned"}:
            span.set_status(Status(StatusCode.ERROR))
        ended_ms = attempt.started_ms if attempt.ended_ms is None else attempt.ended_ms
        model_calls.emit(
            attempt,
            thread_id=self._finished.thread_id,
            inside=trace.set_span_in_context(span, Context()),
            start_ns=self._at(attempt.started_ms),
            end_ns=self._at(ended_ms),
        )
        span.end(self._at(ended_ms))

    def _leaf(self, name: str, from_ms: int, until_ms: int | None, **about: Any) -> None:
        span = _tracer.start_span(
            name, context=self._inside, start_time=self._at(from_ms), attributes=about
        )
        span.end(self._at(from_ms if until_ms is None else until_ms))

    def _at(self, ms: int) -> int:
        return _epoch_ns(self._finished, ms)


def _end(root: Span, finished: TurnFinished, end_ns: int | None) -> None:
    root.set_attributes(_request(finished))
    if finished.status in {"failed", "interrupted"}:
        root.set_status(Status(StatusCode.ERROR))
    root.end(end_ns)


def _epoch_ns(finished: TurnFinished, ms: int) -> int:
    """Milliseconds since a request came, as OpenTelemetry's clock says it."""
    moment = finished.started_at + timedelta(milliseconds=ms)
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def _request(finished: TurnFinished) -> dict[str, AttributeValue]:
    route = finished.route
    about: dict[str, AttributeValue | None] = {
        "chatcore.turn.id": str(finished.turn_id),
        "chatcore.turn.source": finished.source,
        "chatcore.turn.status": finished.status,
        "chatcore.turn.error": finished.error_code or None,
        "chatcore.thread.id": str(finished.thread_id) if finished.thread_id else None,
        "chatcore.organisation.id": finished.organisation_id,
        "chatcore.user.id": finished.user_id,
        "chatcore.intent": route.intent,
        "chatcore.ladder": route.ladder,
        "chatcore.policy_version": route.policy_version,
        "chatcore.cache_hit": route.cache_hit,
        "chatcore.fallback_used": route.fallback_used,
        "chatcore.latency_ms": finished.latency_ms,
        "chatcore.time_to_first_token_ms": finished.time_to_first_token_ms,
        "error.type": finished.error_code or None,
    }
    return {key: value for key, value in about.items() if value is not None}


def _decision(route: Route) -> dict[str, AttributeValue]:
    return {
        "chatcore.intent": route.intent,
        "chatcore.ladder": route.ladder,
        "chatcore.policy_version": route.policy_version,
        "chatcore.rungs": [rung.deployment for rung in route.rungs],
        "chatcore.context_tokens": route.context_tokens,
    }


def _attempt(attempt: Attempt) -> dict[str, AttributeValue]:
    about: dict[str, AttributeValue | None] = {
        "chatcore.attempt.number": attempt.number,
        "chatcore.attempt.rung": attempt.rung,
        "chatcore.attempt.leg": attempt.leg,
        "chatcore.attempt.status": attempt.status,
        "chatcore.attempt.deployment": attempt.deployment,
        "chatcore.attempt.key": attempt.key or None,
        "chatcore.attempt.usage_source": attempt.usage_source,
        "chatcore.attempt.cost_source": attempt.cost_source,
        "chatcore.attempt.cost_usd": None if attempt.cost_usd is None else float(attempt.cost_usd),
        "error.type": attempt.error or None,
    }
    return {key: value for key, value in about.items() if value is not None}
