"""The model that runs on this machine, so that messages are answered without any key.

Its address is known only when it runs: `LOCAL_BASE_URL`.
"""

from routing.providers.local.models import MODELS
from routing.providers.vendor import Vendor, price

VENDOR = Vendor(
    slug="local",
    name="This machine",
    wire="chat_completions",
    needs_key=False,
    models=MODELS,
    prices=(price("smollm2-135m", "0 0 0 0"),),
)
