"""What do the shipped models cost, and from when on?

USD per million tokens (searches: per thousand), as the vendors' price pages had them in November 2026,
with the changes they have announced. A prompt above a tier's size pays the tier's price for all of it.
"""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

SHIPPED_FROM = datetime(2026, 1, 1, tzinfo=UTC)


class ShippedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price as it is seeded; None: charged like input, or (searches) not charged."""

    provider: str
    model: str
    input_usd: Decimal
    output_usd: Decimal
    cached_input_usd: Decimal | None = None
    cache_write_usd: Decimal | None = None
    search_usd: Decimal | None = None
    above_input_tokens: int = 0
    effective_from: datetime = SHIPPED_FROM


def _openai(model: str, *, base: str, tier: str) -> tuple[ShippedPrice, ShippedPrice]:
    """`base` and `tier` (prompts above 272,000 tokens): input, cached, written, output."""
    return (
        _row("openai", model, base, search="10"),
        _row("openai", model, tier, search="10", above=272_000),
    )


def _row(
    provider: str,
    model: str,
    rates: str,
    *,
    search: str | None = None,
    above: int = 0,
    since: datetime = SHIPPED_FROM,
) -> ShippedPrice:
    """`rates`: input, cached input, cache write, output; "-" where there is no such rate."""
    paid, cached, written, out = (None if part == "-" else Decimal(part) for part in rates.split())
    assert paid is not None
    assert out is not None
    return ShippedPrice(
        provider=provider,
        model=model,
        input_usd=paid,
        cached_input_usd=cached,
        cache_write_usd=written,
        output_usd=out,
        search_usd=None if search is None else Decimal(search),
        above_input_tokens=above,
        effective_from=since,
    )


# The reading and writing of cached tokens above 272,000 doubles with the input price.
PRICES = (
    *_openai("gpt-6.1-sol", base="2 0.10 2.5 10", tier="4 0.20 5 15"),
    *_openai("gpt-6.1-terra", base="1 0.05 1.25 5", tier="2 0.10 2.5 7.5"),
    *_openai("gpt-6-luna", base="0.10 0.01 0.125 0.50", tier="0.20 0.02 0.25 0.75"),
    _row("gemini", "gemini-4-argon", "2 0.1 - 10", search="14"),
    _row(
        "gemini",
        "gemini-4-argon",
        "4 0.2 - 20",
        search="14",
        since=datetime(2026, 12, 1, tzinfo=UTC),
    ),
    _row("gemini", "gemini-3.8-flash", "0.75 0.075 - 3.75", search="14"),
    _row(
        "gemini",
        "gemini-3.8-flash",
        "1.5 0.15 - 7.5",
        search="14",
        since=datetime(2027, 1, 1, tzinfo=UTC),
    ),
    _row("gemini", "gemini-3.5-flash-lite", "0.3 0.03 - 2.5", search="14"),
    _row("perplexity", "perplexity/sonar", "0.25 0.0625 - 2.5", search="2.5"),
    _row("kimi", "kimi-k3.1-pro", "2 0.2 2 10"),
    _row("kimi", "kimi-k2.6", "0.95 0.16 - 4"),
    _row("local", "smollm2-135m", "0 0 0 0"),
)
