"""Gemini's prices, from https://ai.google.dev/gemini-api/docs/pricing in November 2026, with the
changes that Google has announced.
"""

from datetime import UTC, datetime

from routing.providers.vendor import price

PRICES = (
    price("gemini-4-argon", "2 0.1 - 10", search="14"),
    price("gemini-4-argon", "4 0.2 - 20", search="14", since=datetime(2026, 12, 1, tzinfo=UTC)),
    price("gemini-3.8-flash", "0.75 0.075 - 3.75", search="14"),
    price(
        "gemini-3.8-flash", "1.5 0.15 - 7.5", search="14", since=datetime(2027, 1, 1, tzinfo=UTC)
    ),
    price("gemini-3.5-flash-lite", "0.3 0.03 - 2.5", search="14"),
)
