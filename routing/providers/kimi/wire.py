"""Speaks Kimi's dialect of Chat Completions."""

from routing.providers.base import Endpoint
from routing.providers.chat_completions.protocol import ChatCompletions, Dialect
from routing.providers.kimi.errors import classify

KIMI = Dialect(classify=classify)


def make_kimi(endpoint: Endpoint) -> ChatCompletions:
    """The provider for one endpoint of Kimi."""
    return ChatCompletions(endpoint, KIMI)
