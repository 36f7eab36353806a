"""Perplexity's models that are used at first, as of November 2026 (https://docs.perplexity.ai)."""

from routing.providers.vendor import Model

MODELS = (
    Model(
        model="perplexity/sonar",
        label="Sonar",
        context_window=128_000,
        max_output_tokens=8_192,
    ),
)
