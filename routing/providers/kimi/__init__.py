"""Moonshot's Kimi as a vendor: its wire, models and prices."""

from routing.providers.chat_completions.protocol import is_alive
from routing.providers.kimi.models import MODELS
from routing.providers.kimi.prices import PRICES
from routing.providers.kimi.wire import make_kimi
from routing.providers.vendor import Vendor, Wire

VENDOR = Vendor(
    slug="kimi",
    name="Kimi",
    wire="kimi",
    base_url="https://api.moonshot.ai/v1",
    hosts=("api.moonshot.cn",),
    wires={"kimi": Wire("Chat Completions as Kimi speaks it", make_kimi, is_alive)},
    models=MODELS,
    prices=PRICES,
)
