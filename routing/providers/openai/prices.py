"""OpenAI's prices, from https://platform.openai.com/docs/pricing in November 2026.

A prompt above 272,000 tokens pays the higher price for all of it; the reading and writing of cached
tokens doubles there with the input price.
"""

from routing.providers.vendor import Price, price

LARGE_PROMPT = 272_000


def _model(model: str, *, base: str, large: str) -> tuple[Price, Price]:
    """The two price rows of a model; `base` and `large`: input, cached, written, output."""
    return (
        price(model, base, search="10"),
        price(model, large, search="10", above=LARGE_PROMPT),
    )


PRICES = (
    *_model("gpt-6.1-sol", base="2 0.10 2.5 10", large="4 0.20 5 15"),
    *_model("gpt-6.1-terra", base="1 0.05 1.25 5", large="2 0.10 2.5 7.5"),
    *_model("gpt-6-luna", base="0.10 0.01 0.125 0.50", large="0.20 0.02 0.25 0.75"),
)
