"""Google's Gemini as a vendor, called by its Developer API."""

from routing.providers.gemini.models import MODELS
from routing.providers.gemini.prices import PRICES
from routing.providers.gemini.wire import Gemini, is_alive
from routing.providers.vendor import Vendor, Wire

VENDOR = Vendor(
    slug="gemini",
    name="Gemini",
    wire="gemini",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    wires={"gemini": Wire("Gemini", Gemini, is_alive)},
    models=MODELS,
    prices=PRICES,
)
