"""Counts the tokens of a call and computes its cost: as the vendor reports it, else by our prices.

What nobody reported is estimated from the text and marked so; a model without a price costs
`unknown`, never nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from routing.providers.messages import ReportedCost
from routing.providers.usage import Usage
from routing.route import Attempt, CostSource, Route, UsageSource
from routing.services.estimate import estimate_tokens
from routing.services.snapshot_types import PriceFacts, Snapshot

MILLION = Decimal(1_000_000)
THOUSAND = Decimal(1_000)
EXACT = Decimal("1e-12")
"""The precision of amounts. A price has six decimals and is for a million tokens, so no computed
amount is ever rounded, and sums do not depend on how they are made."""


class NormalizedUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens and cost in the one form that frames, turns and reports use."""

    input_tokens: int | None
    output_tokens: int | None
    cost_est: Decimal | None
    """USD; None when no price is known."""
    truncated: bool


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens and the cost of one call, and where each number comes from."""

    usage: Usage
    usage_source: UsageSource
    cost_usd: Decimal | None
    cost_source: CostSource
    price: int | None


def normalize_usage(
    usage: Usage,
    *,
    price: PriceFacts | None,
    reported_cost: ReportedCost | None = None,
    truncated: bool = False,
) -> NormalizedUsage:
    """The tokens and cost of one call: the vendor's own cost, else by the price in force."""
    cost = None
    if reported_cost is not None:
        cost = reported_cost.total_usd.quantize(EXACT)
    elif price is not None:
        cost = cost_of(usage, price)
    return NormalizedUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_est=cost,
        truncated=truncated,
    )


def tally(
    *,
    reported: Usage | None,
    reported_cost: ReportedCost | None,
    prices: Sequence[PriceFacts],
    at: datetime,
    sent_tokens: int,
    generated: str,
    final: bool = True,
) -> Tally:
    """Count one call that its provider has accepted.

    `reported` and `reported_cost` are the vendor's own word, None where it gave none (a call that
    broke or was stopped); `final` says whether it was its last word: a count from the middle of a
    stream that broke is our estimate. `prices` are the rows of the model that answered; `at` is when
    the call was made (UTC); `sent_tokens` is the estimated size of what was sent; `generated` is all
    text that arrived, reasoning included.
    """
    usage, source = _usage_of(reported, sent_tokens, generated)
    if not final:
        source = "estimated"
    price = None
    if reported_cost is None:
        price = price_in_force(prices, at=at, input_tokens=usage.input_tokens or 0)
    normalized = normalize_usage(usage, price=price, reported_cost=reported_cost)
    return Tally(
        usage=usage,
        usage_source=source,
        cost_usd=normalized.cost_est,
        cost_source=_cost_source(source, reported_cost, price),
        price=price.id if price else None,
    )


def prices_of(
    prices: Mapping[tuple[str, str], Sequence[PriceFacts]], attempt: Attempt, *, at: datetime
) -> Sequence[PriceFacts]:
    """The prices of the model that answered; if none holds yet, of the one that was asked."""
    asked = attempt.deployment.partition("/")[2]
    answered = prices.get((attempt.provider, attempt.model_answered), ())
    if any(row.effective_from <= at for row in answered):
        return answered
    return prices.get((attempt.provider, asked), ())


def note_tally(attempt: Attempt, result: Tally) -> None:
    """Record the tally on the attempt."""
    attempt.usage, attempt.usage_source = result.usage, result.usage_source
    attempt.cost_usd, attempt.cost_source = result.cost_usd, result.cost_source
    attempt.price = result.price


def close_orphan(
    route: Route, *, snapshot: Snapshot, started_at: datetime, leg: int, kept: str
) -> None:
    """End a route that nobody writes any more: its open attempt becomes unknown, its tokens estimated.

    `started_at` is when the request came (UTC); `kept` is the text that was last kept of leg `leg`.
    What the provider served after that is not in the estimate, which is therefore a lower bound.
    """
    for attempt in route.attempts:
        if attempt.status != "started":
            continue
        text = kept if attempt.leg == leg else ""
        at = started_at + timedelta(milliseconds=attempt.started_ms)
        result = tally(
            reported=None,
            reported_cost=None,
            prices=prices_of(snapshot.prices, attempt, at=at),
            at=at,
            sent_tokens=route.context_tokens,
            generated=text,
        )
        attempt.status = "unknown"
        attempt.reply_characters = len(text)
        note_tally(attempt, result)


def _cost_source(
    usage_source: UsageSource, reported_cost: ReportedCost | None, price: PriceFacts | None
) -> CostSource:
    if reported_cost is not None:
        return "provider"
    if price is None:
        return "unknown"
    return "computed" if usage_source == "reported" else "estimated"


def _usage_of(
    reported: Usage | None, sent_tokens: int, generated: str
) -> tuple[Usage, UsageSource]:
    if reported and reported.input_tokens is not None and reported.output_tokens is not None:
        return reported, "reported"
    usage = Usage(input_tokens=sent_tokens, output_tokens=estimate_tokens(generated))
    return usage, "estimated"


def price_in_force(
    prices: Sequence[PriceFacts], *, at: datetime, input_tokens: int
) -> PriceFacts | None:
    """The price that holds at a moment for a prompt of that size, or None.

    Of the rows for that size the newest day wins; within it the highest tier that the prompt
    exceeds, for the whole prompt.
    """
    held = [
        row
        for row in prices
        if row.effective_from <= at
        and (row.above_input_tokens == 0 or input_tokens > row.above_input_tokens)
    ]
    return max(held, key=lambda row: (row.effective_from, row.above_input_tokens), default=None)


def cost_of(usage: Usage, price: PriceFacts) -> Decimal:
    """USD for one call's tokens and searches."""
    read = usage.cache_read_tokens or 0
    written = usage.cache_write_tokens or 0
    plain = max(0, (usage.input_tokens or 0) - read - written)
    per_million = (
        plain * price.input_usd
        + read * _or(price.cached_input_usd, price.input_usd)
        + written * _or(price.cache_write_usd, price.input_usd)
        + (usage.output_tokens or 0) * price.output_usd
    )
    searches = (usage.search_queries or 0) * _or(price.search_usd, Decimal(0))
    return per_million / MILLION + searches / THOUSAND


def _or(rate: Decimal | None, other: Decimal) -> Decimal:
    return other if rate is None else rate
