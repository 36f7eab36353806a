"""The frames of the websocket, in both directions; docs/protocol.md describes them.

`seq` is an opaque rising integer to clients: leg x 2^32 + characters of that leg shown so far.
"""

from typing import Any, Literal
from uuid import UUID

import msgspec

from chatcore.errors import BadFrame

LEG = 2**32
MAX_PROMPT_CHARACTERS = 32_000
MAX_MESSAGE_BYTES = 512 * 1024
"""Of one message on any way in: the longest prompt fits, even if every character is escaped."""


class Ask(msgspec.Struct, tag="ask", forbid_unknown_fields=True):
    """A new prompt. The same id twice is one turn."""

    id: UUID
    text: str


class Stop(msgspec.Struct, tag="stop", forbid_unknown_fields=True):
    turn: UUID


class Retry(msgspec.Struct, tag="retry", forbid_unknown_fields=True):
    """The prompt of any turn again, perhaps with a model that staff offer."""

    turn: UUID
    model: str | None = None
    id: UUID | None = None


class Edit(msgspec.Struct, tag="edit", forbid_unknown_fields=True):
    """Another prompt in place of any turn's."""

    turn: UUID
    id: UUID
    text: str


class Resume(msgspec.Struct, tag="resume", forbid_unknown_fields=True):
    """A request for everything of a turn that comes after a position."""

    turn: UUID
    after: int = 0


class Ack(msgspec.Struct, tag="ack", forbid_unknown_fields=True):
    """What the client has really taken in."""

    turn: UUID
    seq: int


ClientFrame = Ask | Stop | Retry | Edit | Resume | Ack
_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def decode(raw: str | bytes) -> ClientFrame:
    """A client's frame. Raises BadFrame."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFrame(f"This is not a frame we know: {error}"[:200]) from None


FrameType = Literal[
    "accepted", "route", "delta", "snapshot", "reset", "waiting", "done", "failed", "error"
]


def encode(type_: FrameType, **fields: Any) -> str:
    """One frame to a client, as JSON."""
    return _encoder.encode({"type": type_, **fields}).decode()


def check_prompt(text: str) -> str:
    """A prompt as it will be kept. Raises BadFrame for one that is empty, too long or not text."""
    if not text.strip():
        raise BadFrame("A message needs some text.")
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise BadFrame(
            f"A message may have {MAX_PROMPT_CHARACTERS} characters; this has {len(text)}."
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadFrame("The message is not valid Unicode text.") from None
    return text.replace("\x00", "�")
