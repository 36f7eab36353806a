"""Does what all calls of all vendors have in common: send, read, decode, and cap the answer."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing

import msgspec

from routing.providers import http
from routing.providers.answer import Decoder
from routing.providers.errors import (
    ContentFiltered,
    InvalidRequest,
    ProtocolViolated,
    ProviderError,
    StreamCut,
    TimedOut,
)
from routing.providers.messages import (
    Citations,
    Deadlines,
    Opened,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
)

MAX_TEXT_BYTES = 2 * 1024 * 1024
MAX_STREAM_BYTES = 64 * 1024 * 1024
"""A stream carries some 300 bytes for each token; 128,000 tokens are 40 MB."""
AFTER_FINISH_S = 1.5
"""For what may follow a finish reason: the usage, `[DONE]`, at Gemini more words."""

Classify = Callable[[int, Mapping[str, str], bytes], ProviderError]
"""A wire's reading of an error reply: status, headers (lower case), body."""

logger = logging.getLogger(__name__)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, ready to be sent."""

    url: str
    headers: Mapping[str, str]
    body: object
    deadlines: Deadlines

    def __repr__(self) -> str:
        """Leaves out the headers, which hold the key, and the body, which holds the prompt."""
        return f"Call({self.url!r})"


async def run(
    call: Call, decoder: Decoder, classify: Classify
) -> AsyncGenerator[StreamEvent, None]:
    """Make the call and yield its events. Raises only ProviderError, with the usage known by then."""
    try:
        async with http.post(
            call.url, headers=call.headers, body=_encoded(call.body), deadlines=call.deadlines
        ) as reply:
            if reply.status != 200:
                raise classify(reply.status, reply.headers, await reply.error_body())
            yield Opened()
            async with aclosing(_read(reply, decoder)) as events:
                async for event in events:
                    yield event
    except ProviderError as error:
        raise decoder.answer.attach_usage(error) from None
    except Exception as error:
        # Neither chained nor logged with its text, which may hold the prompt or the key.
        name = type(error).__name__
        logger.error("A wire failed with %s", name)
        raise decoder.answer.attach_usage(ProtocolViolated(f"unexpected {name}")) from None


def _encoded(body: object) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        # Not chained: its text is the prompt.
        raise InvalidRequest("half a surrogate pair") from None


async def _read(reply: http.Reply, decoder: Decoder) -> AsyncGenerator[StreamEvent, None]:
    budget, pulse = _ByteBudget(), _Pulse(reply, decoder)
    try:
        async with aclosing(reply.chunks()) as chunks:
            async for chunk in chunks:
                if pulse.drained:
                    continue
                for event in budget.take(chunk, decoder):
                    pulse.saw(event)
                    yield event
                if budget.is_full:
                    yield decoder.answer.capped()
                    return
                pulse.after_chunk()
    except (StreamCut, TimedOut):
        if not decoder.complete:
            raise
    except ContentFiltered as error:
        if not decoder.answer.has_words:
            raise
        # The words that were let through stay; the vendor's filter ended them.
        decoder.answer.end(error.raw_finish_reason or error.code, "content_filter")
        yield decoder.answer.finished()
        return
    for event in decoder.finish():
        yield event


class _Pulse:
    """Sets how long the next silence may be, by what has come so far."""

    def __init__(self, reply: http.Reply, decoder: Decoder) -> None:
        self._reply = reply
        self._decoder = decoder
        self._speaks = False
        self._is_ending = False
        self._events_read = self._progress = 0
        self.drained = False

    def saw(self, event: StreamEvent) -> None:
        """Restart the silence limit at words; after the first words also at thoughts and sources."""
        if isinstance(event, TextDelta):
            self._speaks = True
        if self._speaks and isinstance(event, TextDelta | ReasoningDelta | Citations):
            self._reply.touch()
            self._is_ending = False

    def after_chunk(self) -> None:
        """Shorten the limit once the answer has ended; lengthen it while the model thinks."""
        answer = self._decoder.answer
        if self._decoder.done:
            self._reply.drain()
            self.drained = True
        elif self._decoder.complete:
            if not self._is_ending:
                self._reply.wind_up(AFTER_FINISH_S)
            self._is_ending = True
        elif not self._speaks and answer.events_read > self._events_read:
            self._reply.working(anew=answer.progress > self._progress)
        self._events_read, self._progress = answer.events_read, answer.progress


class _ByteBudget:
    """Counts how many bytes of text and of stream an answer may still have."""

    def __init__(self) -> None:
        self._text_bytes = MAX_TEXT_BYTES
        self._stream_bytes = MAX_STREAM_BYTES
        self.is_full = False

    def take(self, chunk: bytes, decoder: Decoder) -> Iterator[StreamEvent]:
        """The events of the chunk; the text at which the limit is reached is cut to fit."""
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
