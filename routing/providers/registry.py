"""Which wires are there? A new provider is one file and one line here."""

from routing.providers import chat_completions
from routing.providers.base import MakeProvider

WIRES: dict[str, MakeProvider] = {
    "chat_completions": chat_completions.ChatCompletions,
    "kimi": chat_completions.speaking(chat_completions.KIMI),
    "sonar": chat_completions.speaking(chat_completions.SONAR),
}
"""How a provider's row names its wire, and what makes one."""
