"""Calls of our own that answer nobody: probes after an outage, and staff's tests of keys."""

from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.utils import timezone

from chatcore.signals import TurnFinished, turn_finished
from routing.route import Route
from routing.services import snapshot
from routing.services.health import health
from routing.services.prober import Prober


async def tell(route: Route) -> None:
    """Tell whoever listens of a call of our own, so that what it cost is recorded."""
    finished = TurnFinished(
        turn_id=uuid4(),
        thread_id=None,
        organisation_id=None,
        user_id=None,
        source="check",
        status="complete" if all(it.status == "ok" for it in route.attempts) else "failed",
        route=route,
        started_at=timezone.now(),
        latency_ms=max((it.ended_ms or 0 for it in route.attempts), default=None),
        time_to_first_token_ms=None,
    )
    await turn_finished.asend_robust("chatcore", finished=finished)


def on_key_checked(*, route: Route, **kwargs: Any) -> None:
    """Staff tested a key."""
    async_to_sync(tell)(route)


prober = Prober(health=health, supply=snapshot.current, on_probe=tell)
"""This process's own."""
