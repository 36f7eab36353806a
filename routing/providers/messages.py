"""The vocabulary of all wires: what is sent to a provider, and what comes back.

`ChatRequest` goes in; `TextDelta`, `ReasoningDelta`, `Citations` come out as they arrive, and one
`Finished` ends every answer that really ended. An answer that broke raises a `ProviderError` instead.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from routing.providers.usage import Usage

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "error"]
TruncatedReason = Literal[
    "token_limit", "content_filter", "unreadable_event", "unknown_finish", "size_cap"
]


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation, as it is sent to any vendor."""

    role: Role
    content: str


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request for one call of one model; the system prompt, if any, is the first message."""

    model: str
    messages: tuple[Message, ...]
    web_search: bool = False
    """Whether the vendor may search the web for it, where that is offered (and charged)."""
    thinks: bool = False
    """Whether the model may think before it answers: vendors that are silent meanwhile are asked to
    show that they work."""
    max_output_tokens: int | None = None
    """The cap on generated tokens, reasoning included; None leaves it to the vendor."""


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """How long a provider may be silent, in seconds."""

    connect_s: float = 3.0
    first_token_s: float = 10.0
    """From the request's end to the headers, and from there to the first piece of content."""
    thinking_s: float = 60.0
    """Instead of `first_token_s`, once the vendor has sent any event: it is thinking or searching."""
    idle_s: float = 15.0
    """Between two pieces of content; keep-alive comments do not count."""
    turn_s: float | None = None
    """Until this call must have ended, whatever it says; None: no limit."""


class Opened(msgspec.Struct, frozen=True):
    """The provider accepted the request and its reply has begun; the first event of every call."""


class TextDelta(msgspec.Struct, frozen=True):
    """The next words of the answer."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True):
    """The next words of the model's thinking, which are never part of the answer."""

    text: str


class Citation(msgspec.Struct, frozen=True):
    """A source the answer refers to; `n` is the number its `[n]` markers use."""

    n: int
    url: str
    title: str


class Citations(msgspec.Struct, frozen=True):
    """All sources known so far; a later event replaces an earlier one."""

    items: tuple[Citation, ...]


class ReportedCost(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of the call in USD, as the vendor itself reports it."""

    total_usd: Decimal
    request_fee_usd: Decimal | None = None
    """The part charged per request or search, where the vendor reports it apart."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an answer: its finish reason, usage and cost."""

    finish_reason: FinishReason
    raw_finish_reason: str
    """The vendor's own word; for a Responses stream `status` or `status:reason`."""
    usage: Usage | None = None
    """The vendor's last report; None when it sent none (never zeros)."""
    cost: ReportedCost | None = None
    model: str = ""
    """The model that answered, by the vendor's word; "" when it did not say."""
    truncated_reason: TruncatedReason | None = None
    """Why the text is not the whole answer; None when it is."""
    truncated_inferred: bool = False
    """The vendor said "stop", but the token cap was reached (Sonar)."""
    refused: bool = False
    """The model declined in its own refusal field; the refusal was streamed as text."""
    unreadable_events: int = 0


class Working(msgspec.Struct, frozen=True):
    """A sign of life before the first words: the model thinks or searches."""

    activity: Literal["thinking", "searching"]


StreamEvent = Opened | Working | TextDelta | ReasoningDelta | Citations | Finished
