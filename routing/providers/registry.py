"""Lists the vendors and wires; a new vendor is one folder and one line here."""

from routing.providers import (
    chat_completions,
    gemini,
    kimi,
    local,
    openai,
    perplexity,
    responses,
    scripted,
)
from routing.providers.vendor import Vendor, Wire

VENDORS: tuple[Vendor, ...] = (
    openai.VENDOR,
    gemini.VENDOR,
    perplexity.VENDOR,
    kimi.VENDOR,
    local.VENDOR,
)

WIRES: dict[str, Wire] = {
    **chat_completions.WIRES,
    **responses.WIRES,
    **scripted.WIRES,
    **{name: wire for vendor in VENDORS for name, wire in vendor.wires.items()},
}
"""How a provider's row names its wire, and what makes one."""
