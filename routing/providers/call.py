"""What does every call of every wire have in common? Send, read, decode, and the caps on an answer."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing

import msgspec

from routing.providers import http
from routing.providers.answer import Decoder
from routing.providers.errors import InvalidRequest, ProviderError, StreamCut, TimedOut
from routing.providers.messages import Deadlines, Opened, StreamEvent, TextDelta

MAX_TEXT_BYTES = 2 * 1024 * 1024
MAX_STREAM_BYTES = 64 * 1024 * 1024
"""A stream carries some 300 bytes for each token; 128,000 tokens are 40 MB."""

Classify = Callable[[int, Mapping[str, str], bytes], ProviderError]
"""A wire's reading of an error reply: status, headers (lower case), body."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, ready to go."""

    url: str
    headers: Mapping[str, str]
    body: object
    deadlines: Deadlines


async def run(
    call: Call, decoder: Decoder, classify: Classify
) -> AsyncGenerator[StreamEvent, None]:
    """The call's events. Raises ProviderError, with the usage known by then."""
    try:
        body = msgspec.json.encode(call.body)
    except UnicodeEncodeError:
        # Not chained: its text is the prompt.
        raise InvalidRequest("half a surrogate pair") from None
    try:
        async with http.post(
            call.url, headers=call.headers, body=body, deadlines=call.deadlines
        ) as reply:
            if reply.status != 200:
                raise classify(reply.status, reply.headers, await reply.error_body())
            yield Opened()
            async with aclosing(_read(reply, decoder)) as events:
                async for event in events:
                    yield event
    except ProviderError as error:
        raise decoder.answer.attach_usage(error) from None


async def _read(reply: http.Reply, decoder: Decoder) -> AsyncGenerator[StreamEvent, None]:
    room, drained = _ByteBudget(), False
    try:
        async with aclosing(reply.chunks()) as chunks:
            async for chunk in chunks:
                if drained:
                    continue
                for event in room.take(chunk, decoder):
                    reply.touch()
                    yield event
                if room.is_full:
                    yield decoder.answer.capped()
                    return
                if decoder.done:
                    reply.drain()
                    drained = True
    except (StreamCut, TimedOut):
        if not decoder.complete:
            raise
    for event in decoder.finish():
        yield event


class _ByteBudget:
    """What is left of the caps on an answer."""

    def __init__(self) -> None:
        self._text_bytes = MAX_TEXT_BYTES
        self._stream_bytes = MAX_STREAM_BYTES
        self.is_full = False

    def take(self, chunk: bytes, decoder: Decoder) -> Iterator[StreamEvent]:
        """The chunk's events, the last text cut to fit where the room ends."""
        self._stream_bytes -= len(chunk)
        for event in decoder.feed(chunk):
            if isinstance(event, TextDelta):
                text = event.text.encode()
                self._text_bytes -= len(text)
                if self._text_bytes < 0:
                    self.is_full = True
                    yield TextDelta(text[: self._text_bytes].decode("utf-8", "ignore"))
                    return
            yield event
        self.is_full = self._stream_bytes < 0
