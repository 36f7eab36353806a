"""OpenAI's Chat Completions protocol, which most other servers speak too."""

from routing.providers.chat_completions.protocol import ChatCompletions, is_alive
from routing.providers.vendor import Wire

WIRES = {
    "chat_completions": Wire(
        "Chat Completions: OpenAI and most other servers", ChatCompletions, is_alive
    )
}
