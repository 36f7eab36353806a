"""The shipped prices against `genai-prices`, a public catalogue, of the vendors that it knows.

Neither side asks the network: both ship their tables.
"""

from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest

from routing.providers.registry import VENDORS
from routing.providers.usage import Usage
from routing.services.snapshot_types import PriceFacts
from routing.services.token_track import cost_of, price_in_force

THEIR_NAMES = {
    "openai": "openai",
    "gemini": "google",
    "perplexity": "perplexity",
    "kimi": "moonshotai",
}
USAGES = {
    "plain": Usage(input_tokens=1_003, output_tokens=517),
    "cached": Usage(input_tokens=10_007, cache_read_tokens=8_009, output_tokens=211),
    "all cached": Usage(input_tokens=4_001, cache_read_tokens=4_001, output_tokens=3),
    "written": Usage(input_tokens=10_007, cache_write_tokens=6_011, output_tokens=211),
    "cached and written": Usage(
        input_tokens=10_007, cache_read_tokens=3_001, cache_write_tokens=2_003, output_tokens=211
    ),
    "reasoning": Usage(input_tokens=57, output_tokens=9_001, reasoning_tokens=8_887),
    "searches": Usage(input_tokens=1_003, output_tokens=517, search_queries=3),
    "at the tier": Usage(input_tokens=272_000, cache_read_tokens=131_071, output_tokens=1_009),
    "above the tier": Usage(input_tokens=272_001, cache_read_tokens=131_071, output_tokens=1_009),
    "far above the tier": Usage(
        input_tokens=800_003, cache_read_tokens=2, cache_write_tokens=400_009, output_tokens=1_009
    ),
}
MOMENTS = [
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 12, 1, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
]
PRICES = [(vendor.slug, price) for vendor in VENDORS for price in vendor.prices]
MODELS = sorted({(provider, price.model) for provider, price in PRICES if provider in THEIR_NAMES})


def ours(provider: str, model: str, usage: Usage, at: datetime) -> Decimal | None:
    rows = [
        PriceFacts(
            id=number,
            effective_from=price.effective_from,
            above_input_tokens=price.above_input_tokens,
            input_usd=price.input_usd,
            cached_input_usd=price.cached_input_usd,
            cache_write_usd=price.cache_write_usd,
            output_usd=price.output_usd,
            search_usd=price.search_usd,
        )
        for number, (slug, price) in enumerate(PRICES)
        if (slug, price.model) == (provider, model)
    ]
    row = price_in_force(rows, at=at, input_tokens=usage.input_tokens or 0)
    return None if row is None else cost_of(usage, row)


def theirs(provider: str, model: str, usage: Usage, at: datetime) -> Decimal | None:
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
        web_searches=usage.search_queries,
    )
    try:
        found = genai_prices.calc_price(
            counted, model, provider_id=THEIR_NAMES[provider], genai_request_timestamp=at
        )
    except LookupError:
        return None
    return found.total_price


class TestTheShippedPrices:
    @pytest.mark.parametrize(("provider", "model"), MODELS)
    @pytest.mark.parametrize("usage", USAGES)
    def test_agree_with_a_public_catalogue(self, provider: str, model: str, usage: str):
        for at in MOMENTS:
            known = theirs(provider, model, USAGES[usage], at)

            assert known is not None
            assert ours(provider, model, USAGES[usage], at) == known
