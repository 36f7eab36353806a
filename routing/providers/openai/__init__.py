"""OpenAI as a vendor: its wires, models and prices."""

from routing.providers.openai.models import MODELS
from routing.providers.openai.prices import PRICES
from routing.providers.vendor import Vendor

VENDOR = Vendor(
    slug="openai",
    name="OpenAI",
    wire="chat_completions",
    base_url="https://api.openai.com/v1",
    models=MODELS,
    prices=PRICES,
)
