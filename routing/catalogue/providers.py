"""Whom does Chatcore know from the start, and which of their models does it use?

Windows and prices as of November 2026, from the vendors' pages:
https://platform.openai.com/docs/models, https://ai.google.dev/gemini-api/docs/models,
https://docs.perplexity.ai, https://platform.moonshot.ai/docs.
"""

import msgspec


class ShippedProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it is seeded."""

    slug: str
    name: str
    wire: str
    base_url: str
    """"" where only the environment can know it."""
    needs_key: bool = True


class ShippedDeployment(msgspec.Struct, frozen=True, kw_only=True):
    """A model as it is seeded; sizes in tokens."""

    provider: str
    model: str
    label: str
    context_window: int
    max_output_tokens: int
    first_token_timeout_s: int = 10
    max_concurrency: int = 0
    offered: bool = True
    demo: bool = False
    """What it says is not judged."""


PROVIDERS = (
    ShippedProvider(
        slug="openai",
        name="OpenAI",
        wire="chat_completions",
        base_url="https://api.openai.com/v1",
    ),
    ShippedProvider(
        slug="gemini",
        name="Gemini",
        wire="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
    ),
    ShippedProvider(
        slug="perplexity",
        name="Perplexity",
        wire="responses",
        base_url="https://api.perplexity.ai/v1",
    ),
    ShippedProvider(
        slug="kimi",
        name="Kimi",
        wire="kimi",
        base_url="https://api.moonshot.ai/v1",
    ),
    ShippedProvider(
        slug="local",
        name="This machine",
        wire="chat_completions",
        base_url="",
        needs_key=False,
    ),
)

# Replies are capped well under the vendors' limits: nobody reads 100,000 tokens, and the cap covers
# what a model thinks before it answers.
DEPLOYMENTS = (
    ShippedDeployment(
        provider="openai",
        model="gpt-6.1-sol",
        label="GPT-6.1 Sol",
        context_window=922_000,
        max_output_tokens=16_384,
    ),
    ShippedDeployment(
        provider="openai",
        model="gpt-6.1-terra",
        label="GPT-6.1 Terra",
        context_window=922_000,
        max_output_tokens=16_384,
    ),
    ShippedDeployment(
        provider="openai",
        model="gpt-6-luna",
        label="GPT-6 Luna",
        context_window=922_000,
        max_output_tokens=8_192,
    ),
    ShippedDeployment(
        provider="gemini",
        model="gemini-4-argon",
        label="Gemini 4 Argon",
        context_window=1_048_576,
        max_output_tokens=16_384,
    ),
    ShippedDeployment(
        provider="gemini",
        model="gemini-3.8-flash",
        label="Gemini 3.8 Flash",
        context_window=1_048_576,
        max_output_tokens=8_192,
    ),
    ShippedDeployment(
        provider="gemini",
        model="gemini-3.5-flash-lite",
        label="Gemini 3.5 Flash-Lite",
        context_window=1_048_576,
        max_output_tokens=8_192,
    ),
    ShippedDeployment(
        provider="perplexity",
        model="perplexity/sonar",
        label="Sonar",
        context_window=128_000,
        max_output_tokens=8_192,
    ),
    ShippedDeployment(
        provider="kimi",
        model="kimi-k3.1-pro",
        label="Kimi K3.1 Pro",
        context_window=1_048_576,
        max_output_tokens=16_384,
    ),
    ShippedDeployment(
        provider="kimi",
        model="kimi-k2.6",
        label="Kimi K2.6",
        context_window=262_144,
        max_output_tokens=8_192,
    ),
    ShippedDeployment(
        provider="local",
        model="smollm2-135m",
        label="SmolLM2 135M (tiny demo model)",
        # About 150 prompt tokens a second on one core: a full window takes 7 s to read.
        context_window=1_024,
        max_output_tokens=160,
        first_token_timeout_s=60,
        max_concurrency=1,
        offered=False,
        demo=True,
    ),
)
