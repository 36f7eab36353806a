"""Tests a provider key by one short call, and records the result.

The call is recorded like every other one: `routing.signals.key_checked` carries its route.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal

import msgspec
from django.views.decorators.debug import sensitive_variables

from routing.models import Deployment, Price, ProviderKey, Revision
from routing.providers import http
from routing.providers.errors import ParameterRefused, ProviderError
from routing.providers.messages import Message
from routing.providers.registry import WIRES
from routing.route import Attempt, Route, undecided
from routing.secrets import DoesNotOpen
from routing.services import credentials, key_verdict, snapshot
from routing.services.attempt import AttemptRunner, CallSpec
from routing.services.estimate import estimate_tokens
from routing.services.health import Health
from routing.services.snapshot_types import KeyFacts, PriceFacts
from routing.services.token_track import price_in_force
from routing.signals import key_checked

PROMPT = "Say OK."
# Some models refuse a smaller cap.
ASKED_TOKENS = 16
FIRST_TOKEN_S = 20.0
LONGEST_S = 30.0
MOST_CALLS = 3
"""Each further one leaves out a parameter that was refused."""
RESULT_MAX = 500

Prices = Mapping[tuple[str, str], Sequence[PriceFacts]]


class Checked(msgspec.Struct, frozen=True):
    """The result of a test."""

    words: str
    """For staff; never the provider's own."""
    works: bool


@sensitive_variables()
def try_key(key: ProviderKey, *, at: datetime) -> Checked:
    """Test the key with the provider's cheapest model; records and returns the result.

    `at`: the time to note (UTC). Takes up to half a minute. A key that works is used again at once by
    every process, whatever was learned of it before.
    """
    checked = _check(key, at)
    key.test_result, key.tested_at = checked.words, at
    if checked.works:
        key.save(update_fields=["test_result", "tested_at", "changed_at"])
        Revision.bump()
    else:
        key.save(update_fields=["test_result", "tested_at"])
    return checked


def _prices(key: ProviderKey) -> Prices:
    """The prices of the key's provider, in the form that a snapshot has."""
    found: dict[tuple[str, str], list[PriceFacts]] = {}
    for row in Price.objects.filter(provider=key.provider_id):
        facts = msgspec.convert(row, PriceFacts, from_attributes=True)
        found.setdefault((key.provider.slug, row.model), []).append(facts)
    return found


def _cheapest_model(key: ProviderKey, prices: Prices, at: datetime) -> Deployment | None:
    """The enabled model of the key's provider that costs least now; None if there is none."""

    def price(row: Deployment) -> Decimal:
        """USD for a million tokens each way; a model without a price counts as expensive."""
        known = prices.get((key.provider.slug, row.model), ())
        found = price_in_force(known, at=at, input_tokens=0)
        return found.input_usd + found.output_usd if found else Decimal("Infinity")

    enabled = Deployment.objects.filter(provider=key.provider, enabled=True)
    return min(enabled.select_related("provider").order_by("id"), key=price, default=None)


@sensitive_variables()
def _check(key: ProviderKey, at: datetime) -> Checked:
    address = credentials.base_url(key.provider)
    prices = _prices(key)
    deployment = _cheapest_model(key, prices, at)
    if deployment is None:
        return _not_tested("this provider has no model that is switched on")
    if not address:
        return _not_tested("this provider has no address")
    if problem := credentials.address_problem(address):
        return _not_tested(problem)
    if key.provider.wire not in WIRES:
        return _not_tested("this provider's protocol is not known here")
    try:
        value = credentials.open_key(key)
    except DoesNotOpen:
        return _not_tested("the sealed key does not open. Enter it anew")
    if not value:
        return _not_tested("the environment no longer names this key")
    route = undecided()
    error = _call(key, value, deployment, prices=prices, at=at, route=route)
    key_checked.send_robust(sender=ProviderKey, route=route, started_at=at)
    words = key_verdict.verdict(
        error,
        slug=key.provider.slug,
        address=address,
        model=deployment.label,
        heard=any(attempt.reply_characters for attempt in route.attempts),
    )
    return Checked(words[:RESULT_MAX], key_verdict.works(error))


@sensitive_variables()
def _call(
    key: ProviderKey,
    value: str,
    deployment: Deployment,
    *,
    prices: Prices,
    at: datetime,
    route: Route,
) -> ProviderError | None:
    """Call once, and again without a parameter that is refused; the route keeps the attempts."""
    facts = msgspec.structs.replace(
        snapshot.deployment_facts(deployment, has_key=True),
        max_output_tokens=ASKED_TOKENS,
        first_token_timeout_s=FIRST_TOKEN_S,
        thinking_timeout_s=FIRST_TOKEN_S,
    )
    spec = CallSpec(
        deployment=facts,
        key=KeyFacts(id=key.pk, label=key.label, value=value),
        messages=(Message("user", PROMPT),),
        tokens=estimate_tokens(PROMPT),
        turn_s=LONGEST_S,
    )
    began = time.monotonic()
    runner = AttemptRunner(
        prices=prices,
        health=Health(),  # of its own: a test says nothing of what the chat may call
        stopwatch=lambda: round((time.monotonic() - began) * 1000),
        started_at=at,
    )
    # A loop of its own, hence a client of its own: staff's tests never share the chat's connections.
    return asyncio.run(_ask(runner, spec, route))


async def _ask(runner: AttemptRunner, spec: CallSpec, route: Route) -> ProviderError | None:
    """Make the call; the error, or None. The answer is read to its end, where the usage comes."""
    error: ProviderError | None = None
    try:
        for number in range(1, MOST_CALLS + 1):
            attempt = Attempt(
                number=number,
                deployment=spec.deployment.name,
                provider=spec.deployment.provider,
                rung=0,
            )
            route.attempts.append(attempt)
            try:
                async with aclosing(runner.call(attempt, spec)) as events:
                    async for _ in events:
                        pass
                return None
            except ParameterRefused as refused:
                error = refused
        return error
    except ProviderError as failed:
        return failed
    finally:
        await http.aclose_all()


def _not_tested(problem: str) -> Checked:
    return Checked(f"Not tested: {problem}."[:RESULT_MAX], works=False)
