"""Kimi's prices, from https://platform.moonshot.ai/docs/pricing in November 2026."""

from routing.providers.vendor import price

PRICES = (
    price("kimi-k3.1-pro", "2 0.2 2 10"),
    price("kimi-k2.6", "0.95 0.16 - 4"),
)
