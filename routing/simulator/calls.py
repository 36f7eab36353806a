"""What a vendor was asked and what it is going to say: the vocabulary between the rooms here."""

from typing import Literal

import msgspec

Finish = Literal["stop", "length", "content_filter"]


class Said(msgspec.Struct, frozen=True):
    """One message of the request, whatever the vendor calls its parts."""

    role: str
    content: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, read out of the vendor's own JSON."""

    model: str
    said: tuple[Said, ...]
    stream: bool = False
    include_usage: bool = False
    sse: bool = True
    """False only for Gemini without `alt=sse`: its stream is one JSON array."""
    max_tokens: int | None = None

    @property
    def input_tokens(self) -> int:
        """Our whole tokenizer: a word is a token, over all messages and the system prompt."""
        return sum(len(message.content.split()) for message in self.said)

    @property
    def prompt(self) -> str:
        """The last thing the user said; "" when there is none."""
        return next((m.content for m in reversed(self.said) if m.role == "user"), "")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one call; `output_tokens` includes reasoning, `input_tokens` the cached part."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the model would say if nothing went wrong on the way."""

    thoughts: tuple[str, ...]
    deltas: tuple[str, ...]
    finish: Finish
    counts: Counts

    @property
    def text(self) -> str:
        return "".join(self.deltas)

    @property
    def thinking(self) -> str:
        return "".join(self.thoughts)
