"""Faults planted in a site, several at a time, while the smoke evaluation's real command runs against it.

Run inside the site by `manage.py shell`, all in one process; prints what the command said as JSON.
"""

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db.models.signals import post_save

from chatcore.models import ApiToken, Thread, Turn
from observability.models import Incident, SmokeCase, SmokeResult, SmokeRun, SmokeSettings
from observability.smoke.guest import USERNAME
from observability.smoke.visit import Visit
from routing.catalogue.intents import SHIPPED_INTENTS
from routing.models import Deployment, Intent, Ladder, Price, Provider
from routing.services import policy, policy_tables
from tests.factories import make_token

RIGHT = "openai/sim-ok-pace0"
GONE = "openai/sim-404-tagx7"
ECHO = "openai/sim-echo-pace0"
INTENTS = [intent["name"] for intent in SHIPPED_INTENTS]
OBEYED_WITHIN_S = 20.0


def run_all(base_url: str, nowhere: str) -> None:
    """Every round of plants, on ladders that are quick and right but for them."""
    _prices()
    site = Planted(base_url)
    said = {"nothing": site.evaluate()}
    Intent.objects.filter(name="editing_writing").update(enabled=False)
    with other_case("small talk", latency_limit_ms=1), lost_context():
        said["first round"] = site.evaluate(coding_help=(GONE,), reasoning_math=(ECHO,))
    Intent.objects.filter(name="editing_writing").update(enabled=True)
    with other_case("small talk", cost_limit_usd=Decimal("0.0001")):
        said["second round"] = site.evaluate(
            coding_help=("openai/sim-404-tagx8", RIGHT),
            editing_writing=("openai/sim-empty-pace0",),
            reasoning_math=("openai/sim-filtered-prompt",),
        )
    said["second round again"] = evaluate(base_url)
    said["all dead"] = site.evaluate(**dict.fromkeys(INTENTS, ("openai/sim-404-tagx9",)))
    said["no server"] = evaluate(nowhere)
    Deployment.objects.filter(model="sim-echo-pace0").update(demo=True)
    said["for show"] = site.evaluate(reasoning_math=(ECHO,))
    SmokeSettings.objects.update(spend_cap_usd=Decimal("0.03"))
    said["limit reached"] = evaluate(base_url)
    sys.stdout.write(json.dumps({"said": said, "left": what_is_left()}))


class Planted:
    """The site under test; it is asked when it obeys what was planted."""

    def __init__(self, base_url: str) -> None:
        self._url = base_url
        self._token = make_token(get_user_model().objects.get(username="demo"))

    def evaluate(self, **ladders: tuple[str, ...]) -> dict[str, Any]:
        """Run the command while all ladders are right but these."""
        for name in INTENTS:
            rungs = [_deployment(model) for model in ladders.get(name, (RIGHT,))]
            policy_tables.set_rungs(Ladder.objects.get(name=name), rungs)
        if (version := policy.publish(author=None)) is not None:
            self._wait_for(version.number)
        return evaluate(self._url)

    def _wait_for(self, version: int) -> None:
        """Until the web process routes by this version."""
        deadline = time.monotonic() + OBEYED_WITHIN_S
        with Visit(self._url, self._token) as visit:
            thread = visit.begin()
            while time.monotonic() < deadline:
                message = uuid4()
                visit.ask(thread, message, "Hello!")
                if Turn.objects.get(client_id=message).policy_version == version:
                    return
                time.sleep(0.05)
        raise AssertionError(f"version {version} is not obeyed after {OBEYED_WITHIN_S} s")


def evaluate(base_url: str) -> dict[str, Any]:
    """What the real command exits with and says, and how many incidents are open then."""
    out = io.StringIO()
    code: object = 0
    try:
        call_command("smoke_eval", "--base-url", base_url, stdout=out)
    except SystemExit as ended:
        code = ended.code
    run = SmokeRun.objects.latest("pk")
    return {
        "exit": code,
        "out": out.getvalue(),
        "verdict": run.verdict,
        "changes": run.changes,
        "open": Incident.objects.filter(kind="smoke_failed", closed_at=None).count(),
    }


def what_is_left() -> dict[str, Any]:
    """What a site keeps of all these visits."""
    turns = Turn.objects.filter(thread__owner__username=USERNAME)
    others = Turn.objects.exclude(thread__owner__username=USERNAME)
    threads = Thread.objects.filter(owner__username=USERNAME)
    return {
        "sources": sorted(set(turns.values_list("source", flat=True))),
        "sources of others": sorted(set(others.values_list("source", flat=True))),
        "open tokens": ApiToken.objects.filter(source="smoke", revoked_at=None).count(),
        "open threads": threads.filter(deleted_at=None).count(),
        "incidents": Incident.objects.filter(kind="smoke_failed").count(),
        "answered from the cache": turns.filter(cache_hit=True).count(),
        "may sign in": get_user_model().objects.get(username=USERNAME).has_usable_password(),
    }


def _prices() -> None:
    _deployment(ECHO)
    for model in ("sim-ok-pace0", "sim-echo-pace0"):
        Price.objects.create(
            provider=Provider.objects.get(slug="openai"),
            model=model,
            effective_from=datetime(2026, 1, 1, tzinfo=UTC),
            input_usd=100,
            output_usd=100,
        )


def _deployment(name: str) -> Deployment:
    """A model that the simulator plays."""
    provider, _, model = name.partition("/")
    made, _ = Deployment.objects.get_or_create(
        provider=Provider.objects.get(slug=provider),
        model=model,
        defaults={"label": model, "context_window": 400_000},
    )
    return made


@contextmanager
def lost_context() -> Iterator[None]:
    """The site forgets what was said, just before the last case asks about it."""

    def forget(instance: SmokeResult, **kwargs: object) -> None:
        if instance.place == 7 and instance.run.thread_id:
            Thread.objects.filter(pk=instance.run.thread_id).update(head=None)

    post_save.connect(forget, sender=SmokeResult, weak=False, dispatch_uid="forget")
    yield
    post_save.disconnect(sender=SmokeResult, dispatch_uid="forget")


@contextmanager
def other_case(name: str, **fields: object) -> Iterator[None]:
    """A case with other limits."""
    before = SmokeCase.objects.filter(name=name).values(*fields).get()
    SmokeCase.objects.filter(name=name).update(**fields)
    yield
    SmokeCase.objects.filter(name=name).update(**before)
