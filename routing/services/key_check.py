"""Tests a provider key by one short call, and notes what came of it.

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
from routing.providers.base import Endpoint
from routing.providers.errors import ProviderError, StreamCut, TimedOut
from routing.providers.messages import (
    ChatRequest,
    Deadlines,
    Finished,
    Message,
    Opened,
    ReasoningDelta,
    ReportedCost,
    StreamEvent,
    TextDelta,
)
from routing.providers.registry import WIRES
from routing.providers.usage import Usage
from routing.route import Attempt, undecided
from routing.secrets import DoesNotOpen
from routing.services import credentials, key_verdict
from routing.services.estimate import estimate_tokens
from routing.services.snapshot_types import PriceFacts
from routing.services.token_track import note_tally, price_in_force, prices_of, tally
from routing.signals import key_checked

PROMPT = "Say OK."
# Some models refuse a smaller cap.
ASKED_TOKENS = 16
DEADLINES = Deadlines(first_token_s=20.0, thinking_s=20.0, idle_s=10.0, turn_s=30.0)
RESULT_MAX = 500

Prices = Mapping[tuple[str, str], Sequence[PriceFacts]]


class Checked(msgspec.Struct, frozen=True):
    """What a test found."""

    words: str
    """For staff; never the provider's own."""
    works: bool


@sensitive_variables()
def try_key(key: ProviderKey, *, at: datetime) -> Checked:
    """Ask the cheapest model of the key's provider for a word; returns and notes the outcome.

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
    """The price rows of the key's provider, as a snapshot holds them."""
    found: dict[tuple[str, str], list[PriceFacts]] = {}
    for row in Price.objects.filter(provider=key.provider_id):
        facts = msgspec.convert(row, PriceFacts, from_attributes=True)
        found.setdefault((key.provider.slug, row.model), []).append(facts)
    return found


def _cheapest_model(key: ProviderKey, prices: Prices, at: datetime) -> Deployment | None:
    """The enabled model of the key's provider that costs least now; None if there is none."""

    def price(row: Deployment) -> Decimal:
        """USD for a million tokens each way; a model without a price counts as dear."""
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
    endpoint = Endpoint(base_url=address, api_key=value, deadlines=DEADLINES)
    call = _Call(key, deployment)
    # A loop of its own, hence a client of its own: staff's tests never share the chat's connections.
    error = asyncio.run(call.make(key.provider.wire, endpoint))
    call.note_cost(prices, at)
    key_checked.send_robust(sender=ProviderKey, route=call.route, started_at=at)
    words = key_verdict.verdict(
        error,
        slug=key.provider.slug,
        address=address,
        model=deployment.label,
        heard=bool(call.generated),
    )
    return Checked(words[:RESULT_MAX], key_verdict.works(error))


def _not_tested(problem: str) -> Checked:
    return Checked(f"Not tested: {problem}."[:RESULT_MAX], works=False)


class _Call:
    """The one call of a test, and its record."""

    def __init__(self, key: ProviderKey, deployment: Deployment) -> None:
        self._model = deployment.model
        self.attempt = Attempt(
            number=1,
            deployment=deployment.name,
            provider=key.provider.slug,
            rung=0,
            key=key.label,
        )
        self.route = undecided()
        self.route.attempts.append(self.attempt)
        self.generated = ""
        self._began_at = time.monotonic()
        self._usage: Usage | None = None
        self._cost: ReportedCost | None = None
        self._accepted = False

    @sensitive_variables()
    async def make(self, wire: str, endpoint: Endpoint) -> ProviderError | None:
        """Call the model and read its answer to the end, for the usage comes last."""
        asked = ChatRequest(
            model=self._model,
            messages=(Message("user", PROMPT),),
            max_output_tokens=ASKED_TOKENS,
        )
        try:
            async with aclosing(WIRES[wire].make(endpoint).stream(asked)) as events:
                async for event in events:
                    self._note(event)
        except ProviderError as error:
            self._note_failure(error)
            return error
        finally:
            self.attempt.ended_ms = self._now_ms()
            await http.aclose_all()
        return None

    def note_cost(self, prices: Prices, at: datetime) -> None:
        """Count its tokens; a call that the provider never took cost nothing."""
        if self._usage is None and not self._accepted:
            self.attempt.cost_usd, self.attempt.cost_source = Decimal(0), "computed"
            return
        counted = tally(
            reported=self._usage,
            reported_cost=self._cost,
            prices=prices_of(prices, self.attempt, at=at),
            at=at,
            sent_tokens=estimate_tokens(PROMPT),
            generated=self.generated,
            final=self.attempt.status == "ok" or bool(self.attempt.raw_finish_reason),
        )
        note_tally(self.attempt, counted)

    def _note(self, event: StreamEvent) -> None:
        match event:
            case Opened():
                self._accepted, self.attempt.opened_ms = True, self._now_ms()
            case TextDelta(text):
                if self.attempt.first_token_ms is None:
                    self.attempt.first_token_ms = self._now_ms()
                self.attempt.reply_characters += len(text)
                self.attempt.reply_chunks += 1
                self.generated += text
            case ReasoningDelta(text):
                self.generated += text
            case Finished():
                self.attempt.status = "ok"
                self.attempt.finish_reason = event.finish_reason
                self.attempt.raw_finish_reason = event.raw_finish_reason
                self.attempt.truncated_reason = event.truncated_reason or ""
                self.attempt.model_answered = event.model
                self._usage, self._cost = event.usage, event.cost

    def _note_failure(self, error: ProviderError) -> None:
        self.attempt.status = "cut" if self.generated else "failed"
        self.attempt.error, self.attempt.http_status = error.code, error.status
        self.attempt.raw_finish_reason = error.raw_finish_reason
        self._usage, self._cost = error.usage, error.cost
        if isinstance(error, TimedOut):
            self._accepted |= error.phase != "connect"
        self._accepted |= isinstance(error, StreamCut)

    def _now_ms(self) -> int:
        return round((time.monotonic() - self._began_at) * 1000)
