"""Calls of our own that answer nobody: probes after an outage, and staff's tests of keys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.utils import timezone

from chatcore.turns.signals import TurnFinished, turn_finished
from routing.route import Route
from routing.services import snapshot
from routing.services.health import health
from routing.services.prober import Prober


async def on_probe(route: Route) -> None:
    """A deployment was asked whether it works again."""
    took_ms = max((attempt.ended_ms or 0 for attempt in route.attempts), default=0)
    await _tell(route, timezone.now() - timedelta(milliseconds=took_ms))


async def _tell(route: Route, started_at: datetime) -> None:
    """Tell whoever listens of a call of our own, so that what it cost is recorded."""
    finished = TurnFinished(
        turn_id=uuid4(),
        thread_id=None,
        organisation_id=None,
        user_id=None,
        source="check",
        status="complete" if all(it.status == "ok" for it in route.attempts) else "failed",
        route=route,
        started_at=started_at,
        latency_ms=max((it.ended_ms or 0 for it in route.attempts), default=None),
        time_to_first_token_ms=None,
    )
    await turn_finished.asend_robust("chatcore", finished=finished)


def on_key_checked(*, route: Route, started_at: datetime, **kwargs: Any) -> None:
    """Staff tested a key, at `started_at` (UTC)."""
    async_to_sync(_tell)(route, started_at)


prober = Prober(health=health, supply=snapshot.current, on_probe=on_probe)
"""This process's own."""
