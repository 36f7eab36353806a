"""Kimi's dialect of Chat Completions."""

from routing.providers.base import Endpoint
from routing.providers.chat_completions.protocol import ChatCompletions, Dialect

KIMI = Dialect()


def make_kimi(endpoint: Endpoint) -> ChatCompletions:
    """Kimi at one endpoint."""
    return ChatCompletions(endpoint, KIMI)
