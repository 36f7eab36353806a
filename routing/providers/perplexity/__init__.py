"""Perplexity as a vendor, called by its Agent API."""

from routing.providers.perplexity.models import MODELS
from routing.providers.perplexity.prices import PRICES
from routing.providers.perplexity.sonar import make_sonar
from routing.providers.vendor import Vendor, Wire

VENDOR = Vendor(
    slug="perplexity",
    name="Perplexity",
    wire="responses",
    base_url="https://api.perplexity.ai/v1",
    wires={
        "sonar": Wire("Chat Completions as Perplexity spoke it until September 2026", make_sonar)
    },
    models=MODELS,
    prices=PRICES,
)
