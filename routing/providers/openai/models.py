"""OpenAI's models that are used at first, as of November 2026 (https://platform.openai.com/docs/models).

Replies are capped well under the vendor's limits: nobody reads 100,000 tokens, and the cap covers what
a model thinks before it answers.
"""

from routing.providers.vendor import Model

MODELS = (
    Model(
        model="gpt-6.1-sol",
        label="GPT-6.1 Sol",
        context_window=922_000,
        max_output_tokens=16_384,
    ),
    Model(
        model="gpt-6.1-terra",
        label="GPT-6.1 Terra",
        context_window=922_000,
        max_output_tokens=16_384,
    ),
    Model(
        model="gpt-6-luna",
        label="GPT-6 Luna",
        context_window=922_000,
        max_output_tokens=8_192,
        thinking_timeout_s=10,
    ),
)
