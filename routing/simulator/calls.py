"""The types of one exchange: what a vendor was asked, and what it will answer."""

import msgspec


class Message(msgspec.Struct, frozen=True):
    """One message of the request, whatever the vendor calls its parts."""

    role: str
    content: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, read from the vendor's own JSON."""

    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    include_usage: bool = False
    sse: bool = True
    """False only for Gemini without `alt=sse`: its stream is one JSON array."""
    max_tokens: int | None = None
    fields: dict[str, str] = {}
    """The request's own name for each thing in it that a `400-...` may refuse."""

    @property
    def input_tokens(self) -> int:
        """The number of words in all messages and the system prompt: a word is a token here."""
        return sum(len(message.content.split()) for message in self.messages)

    @property
    def prompt(self) -> str:
        """The last message of the user; "" if there is none."""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), "")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one call; `output_tokens` includes reasoning, `input_tokens` the cached part."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the model says if nothing goes wrong on the way."""

    thoughts: tuple[str, ...]
    deltas: tuple[str, ...]
    finish: str
    """`stop`, `length`, `content_filter`, or a word that no vendor is known to use."""
    counts: Counts

    @property
    def text(self) -> str:
        return "".join(self.deltas)

    @property
    def thinking(self) -> str:
        return "".join(self.thoughts)
