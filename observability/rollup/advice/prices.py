"""Advice about prices: a cheaper rung, a price that changes soon, a model without any."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import msgspec
from django.db.models import Q
from django.urls import reverse

from observability.figures import Rows
from observability.rollup.advice.evidence import Evidence
from observability.rollup.advice.models import goes_away_soon
from observability.rollup.advice.rungs import without_an_answer
from observability.rollup.highlights import unpriced as unpriced_calls
from observability.rollup.report import Recommendation
from observability.wording import counted, money, share
from routing.models import Deployment, ProviderKey
from routing.providers.usage import Usage
from routing.services.snapshot_types import PriceFacts
from routing.services.token_track import cost_of, price_in_force

LEAST_CALLS = 5
LEAST_SAVING_USD = Decimal("0.01")
LEAST_SAVING = Decimal("0.2")
"""Of the cost: less is not worth a change of model."""
SOON = timedelta(days=30)
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "search_queries",
)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What one call used, and when."""

    usage: Usage
    at: datetime
    cost_usd: Decimal


def cheaper_rung(evidence: Evidence) -> Iterator[Recommendation]:
    """Per ladder the cheapest other rung, where it would have cost clearly less for the same tokens."""
    keyed = set(ProviderKey.objects.filter(enabled=True).values_list("provider__slug", flat=True))
    unproven = without_an_answer(evidence)
    for ladder, models in evidence.ladders.items():
        answered = evidence.rows.filter(
            ladder=ladder, concludes=True, turn_status__in=["complete", "stopped"]
        )
        calls = _calls(answered)
        paid = sum((call.cost_usd for call in calls), Decimal(0))
        offers = [
            (cost, model)
            for model in models
            if (ladder, model.name) not in unproven
            and not goes_away_soon(evidence, model)
            and _can_serve(model, keyed)
            and _fits(model, calls)
            and (cost := _cost(evidence, model, calls))
        ]
        if len(calls) < LEAST_CALLS or not offers:
            continue
        cost, model = min(offers, key=lambda offer: offer[0])
        if paid - cost >= max(LEAST_SAVING_USD, LEAST_SAVING * paid):
            yield _cheaper(evidence, ladder, model, calls, paid, cost)


def _cheaper(
    evidence: Evidence,
    ladder: str,
    model: Deployment,
    calls: Sequence[Call],
    paid: Decimal,
    cost: Decimal,
) -> Recommendation:
    return Recommendation(
        kind="cheaper_rung",
        title=f"{model.label} would be cheaper on {ladder}",
        explanation=f"The {counted(len(calls), 'answer')} there cost {money(paid)}. Had "
        f"{model.label} given all of them, with the same tokens, they would have cost "
        f"{money(cost)}: {share(paid - cost, paid)} less. Whether its answers are as good, "
        "“Try a message” and the thumbs will show.",
        path=evidence.ladder_paths[ladder],
    )


def price_changes(evidence: Evidence) -> Iterator[Recommendation]:
    """Prices that change within a month of the week's end, and what the week would cost then."""
    for (provider, model), prices in sorted(evidence.prices.items()):
        later = sorted(
            {
                row.effective_from
                for row in prices
                if evidence.span.end <= row.effective_from < evidence.span.end + SOON
            }
        )
        calls = _calls(evidence.rows.filter(price_id__in=[row.id for row in prices]))
        # One organisation is told of the models that it uses.
        may_be_used = evidence.organisation_id is None and evidence.is_on_a_ladder(
            f"{provider}/{model}"
        )
        if not later or not (calls or may_be_used):
            continue
        now = sum((call.cost_usd for call in calls), Decimal(0))
        then = sum((_at(prices, call, later[0]) or Decimal(0) for call in calls), Decimal(0))
        yield Recommendation(
            kind="price_changes",
            title=f"The price of {provider}/{model} changes on {_day(later[0])}",
            explanation=_change(calls, now, then),
            path=f"{reverse('admin:routing_price_changelist')}?{urlencode({'q': model})}",
        )


def _change(calls: Sequence[Call], now: Decimal, then: Decimal) -> str:
    if not calls:
        return "It was not called this week, so nothing would have changed."
    what = f"This week's {counted(len(calls), 'call')} at that price would have cost"
    if then == now:
        return f"{what} the same."
    more = f"{share(abs(then - now), now)} {'more' if then > now else 'less'}" if now else "more"
    return f"{what} {money(then)} instead of {money(now)}: {more}."


def unpriced(evidence: Evidence) -> Iterator[Recommendation]:
    """Models that were called and have no price."""
    for tally in unpriced_calls(evidence.rows, evidence.names):
        yield Recommendation(
            kind="unpriced_model",
            title=f"{tally.label} has no price",
            explanation=f"What {counted(tally.count, 'call')} to it cost is unknown, so every cost "
            "here is a lower bound. Enter its price: it counts from the day that you give it.",
            path=reverse("admin:routing_price_add"),
        )


def _calls(rows: Rows) -> list[Call]:
    """The calls whose tokens and cost are known."""
    known = rows.filter(number__gt=0).exclude(
        Q(input_tokens=None) | Q(output_tokens=None) | Q(cost_usd=None)
    )
    return [
        Call(usage=Usage(**dict(zip(_COUNTS, counts, strict=True))), at=at, cost_usd=cost)
        for at, cost, *counts in known.values_list("started_at", "cost_usd", *_COUNTS)
    ]


def _can_serve(model: Deployment, keyed: set[str]) -> bool:
    provider = model.provider
    usable = provider.slug in keyed or not provider.needs_key
    return model.enabled and provider.enabled and usable and not model.demo


def _fits(model: Deployment, calls: Sequence[Call]) -> bool:
    """Whether the longest of the calls would have had room in its window."""
    longest = max(
        ((call.usage.input_tokens or 0) + (call.usage.output_tokens or 0) for call in calls),
        default=0,
    )
    return longest <= model.context_window


def _cost(evidence: Evidence, model: Deployment, calls: Sequence[Call]) -> Decimal | None:
    """What the calls would have cost at a model's prices of their day; None where it had none.

    Nor is known what searches would have cost, where its price has none for them.
    """
    prices = evidence.prices.get((model.provider.slug, model.model), [])
    if any(call.usage.search_queries for call in calls):
        prices = [price for price in prices if price.search_usd is not None]
    costs = [_at(prices, call, call.at) for call in calls]
    return None if None in costs else sum((cost for cost in costs if cost), Decimal(0))


def _at(prices: Sequence[PriceFacts], call: Call, moment: datetime) -> Decimal | None:
    price = price_in_force(prices, at=moment, input_tokens=call.usage.input_tokens or 0)
    return None if price is None else cost_of(call.usage, price)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
