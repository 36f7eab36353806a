"""Perplexity's prices, from https://docs.perplexity.ai in November 2026."""

from routing.providers.vendor import price

PRICES = (price("perplexity/sonar", "0.25 0.0625 - 2.5", search="2.5"),)
