"""Does a key work? Asked of the provider itself, answered in our words."""

import asyncio
from contextlib import aclosing
from datetime import datetime
from decimal import Decimal

from routing.models import Deployment, Price, ProviderKey
from routing.providers import http
from routing.providers.base import Endpoint
from routing.providers.errors import EmptyAnswer, ProviderError
from routing.providers.messages import (
    ChatRequest,
    Deadlines,
    Finished,
    Message,
    ReasoningDelta,
    TextDelta,
)
from routing.providers.registry import WIRES
from routing.secrets import DoesNotOpen
from routing.services import credentials

# Some models refuse a smaller cap.
ASKED_TOKENS = 16
DEADLINES = Deadlines(first_token_s=20.0, idle_s=10.0)

WORKS = "It works: {model} answered."
WORDS = {
    "auth": "The provider refuses this key.",
    "permission": "The provider knows this key, but does not let it use {model}.",
    "quota_exhausted": "The key is good, but its account has no credit left.",
    "rate_limit": "The key is good; the provider asks to call less often just now.",
    "overloaded": "The provider has too much to do just now; try again later.",
    "server_error": "The provider had a fault of its own; try again later.",
    "network": "The provider could not be reached at {address}.",
    "timeout": "The provider did not answer in time.",
    "model_not_found": "The provider does not offer {model} to this key.",
    "endpoint_retired": "The provider has switched this interface off.",
}
OTHER = "The provider answered, but not as expected ({code})."


def try_key(key: ProviderKey, *, at: datetime) -> str:
    """Ask the cheapest model of the key's provider for a word; returns and notes the outcome.

    `at`: the time to note. Takes up to half a minute. The outcome never holds the provider's words.
    """
    key.test_result = _outcome(key, at)
    key.tested_at = at
    key.save(update_fields=["test_result", "tested_at"])
    return key.test_result


def cheapest_model(key: ProviderKey, *, at: datetime) -> Deployment | None:
    """The enabled model of the key's provider that costs least now; None if there is none."""
    enabled = Deployment.objects.filter(provider=key.provider, enabled=True).order_by("id")
    return min(enabled, key=lambda row: _price(row, at), default=None)


def _price(deployment: Deployment, at: datetime) -> Decimal:
    """USD for a million tokens each way; a model without a price counts as dear."""
    row: Price | None = (
        Price.objects.filter(
            provider=deployment.provider_id,
            model=deployment.model,
            effective_from__lte=at,
            above_input_tokens=0,
        )
        .order_by("-effective_from")
        .first()
    )
    return Decimal(row.input_usd + row.output_usd) if row else Decimal("Infinity")


def _outcome(key: ProviderKey, at: datetime) -> str:
    deployment = cheapest_model(key, at=at)
    address = credentials.base_url(key.provider)
    if deployment is None:
        return "Not tested: this provider has no model that is switched on."
    if not address:
        return "Not tested: this provider has no address."
    if problem := credentials.address_problem(address):
        return f"Not tested: {problem}."[:200]
    try:
        value = credentials.open_key(key)
    except DoesNotOpen:
        return "Not tested: the sealed key does not open. Enter it anew."
    if not value:
        return "Not tested: the environment no longer names this key."
    endpoint = Endpoint(base_url=address, api_key=value, deadlines=DEADLINES)
    # A loop of its own, hence a client of its own: staff's tests never share the chat's connections.
    code = asyncio.run(_ask(key.provider.wire, endpoint, deployment.model))
    words = WORDS.get(code, OTHER) if code else WORKS
    return words.format(model=deployment.label, address=address, code=code)[:200]


async def _ask(wire: str, endpoint: Endpoint, model: str) -> str:
    """The code of what went wrong; "" when the model said anything at all."""
    asked = ChatRequest(
        model=model,
        messages=(Message("user", "Say OK."),),
        max_output_tokens=ASKED_TOKENS,
    )
    try:
        async with aclosing(WIRES[wire].make(endpoint).stream(asked)) as events:
            async for event in events:
                if isinstance(event, (TextDelta, ReasoningDelta, Finished)):
                    return ""
    except EmptyAnswer:
        return ""  # it thought up to the cap: the key was good
    except ProviderError as error:
        return error.code
    finally:
        await http.aclose_all()
    return "cut"
