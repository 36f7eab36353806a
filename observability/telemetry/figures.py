"""What is counted of finished requests? Everything by names that staff have set up, so it stays few."""

from functools import cache

from opentelemetry import metrics

from chatcore.turns.signals import TurnFinished
from routing.route import Route

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
OVERHEAD_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class _Figures:
    """The instruments."""

    def __init__(self) -> None:
        meter = metrics.get_meter(__name__)
        self.turns = meter.create_counter(
            "chatcore.turns", "{turn}", "Requests that ended, by intent, outcome and source."
        )
        self.fallbacks = meter.create_counter(
            "chatcore.fallbacks", "{fallback}", "Next rungs that were asked, by the error before."
        )
        self.retries = meter.create_counter(
            "chatcore.retries", "{retry}", "Same rungs that were asked again, by the error before."
        )
        self.lookups = meter.create_counter(
            "chatcore.reply_cache.lookups", "{lookup}", "Questions to the reply cache, by result."
        )
        self.duration = meter.create_histogram(
            "chatcore.turn.duration",
            "s",
            "From a request's coming to its reply's end.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.first_token = meter.create_histogram(
            "chatcore.turn.time_to_first_token",
            "s",
            "From a request's coming to the first word of its reply.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.overhead = meter.create_histogram(
            "chatcore.turn.overhead",
            "s",
            "What of a request's length was not a provider's.",
            explicit_bucket_boundaries_advisory=OVERHEAD_SECONDS,
        )


@cache
def _figures() -> _Figures:
    return _Figures()


def count(finished: TurnFinished) -> None:
    """Count one request that has ended."""
    route, instruments = finished.route, _figures()
    intent = {"chatcore.intent": route.intent}
    outcome = finished.error_code or finished.status
    instruments.turns.add(
        1, {**intent, "chatcore.outcome": outcome, "chatcore.source": finished.source}
    )
    if route.cache_asked_ms is not None:
        instruments.lookups.add(1, {"chatcore.cache.result": "hit" if route.cache_hit else "miss"})
    for before, after in zip(route.attempts, route.attempts[1:], strict=False):
        asked_next = instruments.retries if before.rung == after.rung else instruments.fallbacks
        asked_next.add(1, {**intent, "error.type": before.error or before.status})
    if finished.latency_ms is not None:
        instruments.duration.record(finished.latency_ms / 1000, intent)
        if finished.status == "complete":
            instruments.overhead.record(_overhead_ms(route, finished.latency_ms) / 1000)
    if finished.time_to_first_token_ms is not None:
        instruments.first_token.record(finished.time_to_first_token_ms / 1000, intent)


def _overhead_ms(route: Route, latency_ms: int) -> int:
    """A request's length without its provider calls."""
    asked = (
        attempt.ended_ms - attempt.started_ms
        for attempt in route.attempts
        if attempt.ended_ms is not None
    )
    return max(0, latency_ms - sum(asked))
