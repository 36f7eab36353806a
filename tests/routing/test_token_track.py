"""Tokens and cost: the vendor's word first, then the price in force, and never a made-up zero."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from routing.providers.messages import ReportedCost
from routing.providers.usage import Usage
from routing.services.snapshot_types import PriceFacts
from routing.services.token_track import (
    cost_of,
    normalize_usage,
    price_in_force,
    prices_of,
    tally,
)
from tests.factories import make_attempt

JUNE, DECEMBER = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
TODAY = datetime(2026, 11, 22, tzinfo=UTC)
NUMBERS = st.integers(0, 2_000_000)


def price(id_: int = 1, since: datetime = JUNE, above: int = 0, **rates: str) -> PriceFacts:
    known = {"input_usd": "2", "output_usd": "10", **rates}
    names = ("input_usd", "cached_input_usd", "cache_write_usd", "output_usd", "search_usd")
    return PriceFacts(
        id=id_,
        effective_from=since,
        above_input_tokens=above,
        **{name: Decimal(known[name]) if name in known else None for name in names},  # type: ignore[arg-type]
    )


class TestCost:
    def test_charges_each_kind_of_token_at_its_own_rate(self):
        usage = Usage(
            input_tokens=1_000_000,
            cache_read_tokens=300_000,
            cache_write_tokens=200_000,
            output_tokens=100_000,
            search_queries=4,
        )
        rates = price(cached_input_usd="0.2", cache_write_usd="2.5", search_usd="10")

        assert cost_of(usage, rates) == Decimal("1") + Decimal("0.06") + Decimal("0.5") + Decimal(
            "1"
        ) + Decimal("0.04")

    def test_comes_about_as_the_documentation_says(self):
        rates = price(cached_input_usd="0.10", cache_write_usd="2.5")
        usage = Usage(
            input_tokens=10_007,
            cache_read_tokens=3_001,
            cache_write_tokens=2_003,
            output_tokens=211,
            reasoning_tokens=180,
        )
        tier = price(above=272_000, input_usd="4", output_usd="15")

        assert cost_of(usage, rates) == Decimal("0.0174236")
        assert cost_of(Usage(input_tokens=300_000, output_tokens=211), tier) == Decimal("1.203165")

    def test_charges_cached_tokens_in_full_where_no_lower_rate_is_known(self):
        usage = Usage(input_tokens=10, cache_read_tokens=10, output_tokens=0)

        assert cost_of(usage, price()) == Decimal("0.00002")

    @given(NUMBERS, NUMBERS)
    def test_never_falls_when_tokens_rise(self, tokens: int, more: int):
        fewer = Usage(input_tokens=tokens, output_tokens=tokens)
        many = Usage(input_tokens=tokens + more, output_tokens=tokens)

        assert cost_of(many, price()) >= cost_of(fewer, price())


def id_in_force(rows: tuple[PriceFacts, ...], *, at: datetime, tokens: int) -> int | None:
    found = price_in_force(rows, at=at, input_tokens=tokens)
    return found.id if found else None


class TestThePriceInForce:
    def test_is_the_newest_that_has_begun(self):
        rows = (price(1, JUNE), price(2, DECEMBER))

        assert id_in_force(rows, at=TODAY, tokens=5) == 1
        assert id_in_force(rows, at=DECEMBER, tokens=5) == 2

    def test_is_that_of_the_tier_which_the_prompt_exceeds(self):
        rows = (price(1), price(2, above=200_000))

        assert id_in_force(rows, at=TODAY, tokens=200_000) == 1
        assert id_in_force(rows, at=TODAY, tokens=200_001) == 2

    def test_for_a_small_prompt_is_the_earlier_one_where_a_newer_day_has_only_a_tier(self):
        rows = (price(1, JUNE), price(2, NOVEMBER, above=200_000))

        assert id_in_force(rows, at=TODAY, tokens=10) == 1
        assert id_in_force(rows, at=TODAY, tokens=200_001) == 2

    def test_for_a_large_prompt_is_the_newer_one_without_a_tier(self):
        rows = (price(1, JUNE), price(2, JUNE, above=200_000), price(3, NOVEMBER))

        assert id_in_force(rows, at=TODAY, tokens=200_001) == 3

    def test_is_that_of_the_model_asked_until_the_answering_one_has_its_own(self):
        attempt = make_attempt(2)
        answered, asked = (price(1, DECEMBER),), (price(2, JUNE),)
        prices = {("openai", "luna-2026-10"): answered, ("openai", "luna"): asked}

        assert prices_of(prices, attempt, at=TODAY) == asked
        assert prices_of(prices, attempt, at=DECEMBER) == answered

    def test_is_none_before_the_first(self):
        assert price_in_force((price(since=DECEMBER),), at=TODAY, input_tokens=5) is None


class TestATally:
    def test_takes_the_providers_own_cost_first(self):
        result = tally(
            reported=Usage(input_tokens=10, output_tokens=5),
            reported_cost=ReportedCost(total_usd=Decimal("0.0061")),
            prices=(price(),),
            at=TODAY,
            sent_tokens=9,
            generated="",
        )

        assert (result.cost_usd, result.cost_source) == (Decimal("0.0061"), "provider")

    def test_estimates_from_the_text_what_nobody_reported(self):
        result = tally(
            reported=None,
            reported_cost=None,
            prices=(price(),),
            at=TODAY,
            sent_tokens=100,
            generated="x" * 400,
        )

        assert (result.usage.input_tokens, result.usage.output_tokens) == (100, 100)
        assert (result.usage_source, result.cost_source) == ("estimated", "estimated")
        assert result.cost_usd == Decimal("0.0012")

    def test_of_a_model_without_a_price_is_unknown_not_free(self):
        result = tally(
            reported=Usage(input_tokens=10, output_tokens=5),
            reported_cost=None,
            prices=(),
            at=TODAY,
            sent_tokens=9,
            generated="",
        )

        assert (result.cost_usd, result.cost_source) == (None, "unknown")


class TestNormalizedUsage:
    def test_is_the_four_numbers_that_people_and_programs_are_told(self):
        usage = Usage(input_tokens=1_000, output_tokens=500, reasoning_tokens=200)

        normalized = normalize_usage(usage, price=price(), truncated=True)

        assert (normalized.input_tokens, normalized.output_tokens) == (1_000, 500)
        assert (normalized.cost_est, normalized.truncated) == (Decimal("0.007"), True)
