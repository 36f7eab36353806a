"""Gemini's models that are used at first, as of November 2026
(https://ai.google.dev/gemini-api/docs/models). Replies are capped well under the vendor's limits.
"""

from routing.providers.vendor import Model

MODELS = (
    Model(
        model="gemini-4-argon",
        label="Gemini 4 Argon",
        context_window=1_048_576,
        max_output_tokens=16_384,
    ),
    Model(
        model="gemini-3.8-flash",
        label="Gemini 3.8 Flash",
        context_window=1_048_576,
        max_output_tokens=8_192,
    ),
    Model(
        model="gemini-3.5-flash-lite",
        label="Gemini 3.5 Flash-Lite",
        context_window=1_048_576,
        max_output_tokens=8_192,
        thinking_timeout_s=10,
    ),
)
