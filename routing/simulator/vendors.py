"""Lists the vendors, and what answers at each of their paths."""

from typing import Literal

from routing.simulator.dialect import Dialect, ErrorReply, Json
from routing.simulator.gemini import PATH as GEMINI_PATH
from routing.simulator.gemini import Gemini
from routing.simulator.http import Request
from routing.simulator.kimi import Kimi
from routing.simulator.openai import OpenAI
from routing.simulator.perplexity import Perplexity, retired

Vendor = Literal["openai", "gemini", "perplexity", "kimi"]

VENDORS: dict[str, Dialect] = {
    "openai": OpenAI(),
    "gemini": Gemini(),
    "perplexity": Perplexity(),
    "kimi": Kimi(),
}
CHAT_PATHS = {
    "openai": ("/v1/chat/completions",),
    "kimi": ("/v1/chat/completions",),
    "perplexity": ("/v1/responses", "/v1/agent"),
}
MODELS = {
    "openai": ("gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna"),
    "gemini": ("gemini-4-argon", "gemini-3.8-flash"),
    "perplexity": ("perplexity/sonar",),
    "kimi": ("kimi-k3.1-pro", "kimi-k3"),
}


def vendor_of(path: str) -> str | None:
    """The vendor to whom this path belongs; None for other paths."""
    first = path.split("/")[1] if path.startswith("/") else ""
    return first if first in VENDORS else None


def lists_models(vendor: str, request: Request) -> bool:
    """Whether the request asks for the vendor's list of models."""
    version = "v1beta" if vendor == "gemini" else "v1"
    return request.method == "GET" and request.path == f"/{vendor}/{version}/models"


def other_path(vendor: str, request: Request) -> ErrorReply | None:
    """The error at a vendor's path that is neither its calls nor its list of models, else None."""
    path = request.path.removeprefix(f"/{vendor}")
    if vendor == "perplexity" and path == "/v1/chat/completions":
        return retired()
    chat = GEMINI_PATH.fullmatch(path) if vendor == "gemini" else path in CHAT_PATHS[vendor]
    if request.method == "POST" and chat:
        return None
    return ErrorReply(404, {"error": {"message": f"Unknown request: {request.method} {path}"}})


def models_of(vendor: str) -> Json:
    """The vendor's list of models, in its own shape."""
    names = MODELS[vendor]
    if vendor == "gemini":
        return {"models": [{"name": f"models/{name}", "displayName": name} for name in names]}
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": vendor} for name in names]
    return {"object": "list", "data": listed}
