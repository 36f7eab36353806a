"""Which wires are there? A new provider is one file and one line here."""

from routing.providers import chat_completions, gemini, responses, scripted
from routing.providers.base import MakeProvider

WIRES: dict[str, MakeProvider] = {
    "chat_completions": chat_completions.ChatCompletions,
    "kimi": chat_completions.speaking(chat_completions.KIMI),
    "sonar": chat_completions.speaking(chat_completions.SONAR),
    "responses": responses.Responses,
    "gemini": gemini.Gemini,
    "scripted": scripted.demonstration,
}
"""How a provider's row names its wire, and what makes one."""
