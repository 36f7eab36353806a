"""Kimi's models that are used at first, as of November 2026 (https://platform.moonshot.ai/docs)."""

from routing.providers.vendor import Model

MODELS = (
    Model(
        model="kimi-k3.1-pro",
        label="Kimi K3.1 Pro",
        context_window=1_048_576,
        max_output_tokens=16_384,
    ),
    Model(
        model="kimi-k2.6",
        label="Kimi K2.6",
        context_window=262_144,
        max_output_tokens=8_192,
        thinking_timeout_s=10,
    ),
)
