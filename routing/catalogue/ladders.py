"""The models that serve each intent, before staff change it.

Every ladder of an intent holds a model of each vendor, so that any single key serves every intent,
and ends with the local model, so that no key serves them too.
"""

import msgspec

LOCAL = "local/smollm2-135m"

PERSONA = (
    "You are a helpful assistant. Answer in the language of the question. Be correct and brief; "
    "say so when you are not sure. Write Markdown, and code in fenced blocks that name the language."
)


class ShippedLadder(msgspec.Struct, frozen=True, kw_only=True):
    """A ladder as it is seeded; it serves the intent of its name, if there is one."""

    rungs: tuple[str, ...]
    cache_ttl_s: int = 0
    web_search: bool = False


INTENT_LABELS = {
    "social_chat": "small talk",
    "coding_help": "coding help",
    "qa_retrieval": "facts and search",
    "editing_writing": "writing and editing",
    "reasoning_math": "reasoning and maths",
    "ambiguous_or_other": "general question",
}

LADDERS = {
    "social_chat": ShippedLadder(
        rungs=(
            "gemini/gemini-3.5-flash-lite",
            "openai/gpt-6-luna",
            "kimi/kimi-k2.6",
            "perplexity/perplexity/sonar",
            LOCAL,
        ),
        cache_ttl_s=300,
    ),
    "coding_help": ShippedLadder(
        rungs=(
            "openai/gpt-6.1-terra",
            "kimi/kimi-k3.1-pro",
            "gemini/gemini-3.8-flash",
            "perplexity/perplexity/sonar",
            LOCAL,
        ),
        cache_ttl_s=3600,
    ),
    # Its answers may be about today, so none is served twice.
    "qa_retrieval": ShippedLadder(
        rungs=(
            "perplexity/perplexity/sonar",
            "gemini/gemini-3.8-flash",
            "openai/gpt-6-luna",
            "kimi/kimi-k2.6",
            LOCAL,
        ),
        web_search=True,
    ),
    "editing_writing": ShippedLadder(
        rungs=(
            "gemini/gemini-3.8-flash",
            "openai/gpt-6.1-terra",
            "kimi/kimi-k2.6",
            "perplexity/perplexity/sonar",
            LOCAL,
        ),
        cache_ttl_s=3600,
    ),
    "reasoning_math": ShippedLadder(
        rungs=(
            "kimi/kimi-k3.1-pro",
            "openai/gpt-6.1-sol",
            "gemini/gemini-4-argon",
            "perplexity/perplexity/sonar",
            LOCAL,
        ),
        cache_ttl_s=3600,
    ),
    "ambiguous_or_other": ShippedLadder(
        rungs=(
            "openai/gpt-6-luna",
            "gemini/gemini-3.8-flash",
            "kimi/kimi-k2.6",
            "perplexity/perplexity/sonar",
            LOCAL,
        ),
        cache_ttl_s=300,
        web_search=True,
    ),
    # No intent: what summarises the turns of a long thread. The cheapest model of each vendor first.
    "summary": ShippedLadder(
        rungs=(
            "openai/gpt-6-luna",
            "gemini/gemini-3.5-flash-lite",
            "perplexity/perplexity/sonar",
            "kimi/kimi-k2.6",
            LOCAL,
        ),
    ),
}
