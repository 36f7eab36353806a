"""The Chat Completions protocol: OpenAI's, and that of everybody who copied it.

What differs between those who speak it is a `Dialect`, which a vendor's folder brings.
"""

from collections.abc import AsyncGenerator, Callable, Iterator

import msgspec

from routing.providers import call
from routing.providers.answer import Answer
from routing.providers.base import Endpoint
from routing.providers.chat_completions.errors import classify, classify_in_band
from routing.providers.errors import StreamCut
from routing.providers.fields import Json, items, money, obj, parse, text, word
from routing.providers.framing import Framing
from routing.providers.messages import (
    ChatRequest,
    FinishReason,
    ReasoningDelta,
    ReportedCost,
    StreamEvent,
)
from routing.providers.usage import Usage, count

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "error": "error",
}


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between those who speak this protocol."""

    cap_field: str = "max_completion_tokens"
    asks_for_usage: bool = True
    make_decoder: "Callable[[ChatRequest], ChatDecoder]" = msgspec.field(
        default_factory=lambda: ChatDecoder.for_request
    )


class ChatCompletions:
    """One endpoint that speaks this wire."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect | None = None) -> None:
        self._endpoint = endpoint
        self._dialect = dialect or Dialect()

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        key = self._endpoint.api_key
        one = call.Call(
            url=f"{self._endpoint.base_url.rstrip('/')}/chat/completions",
            headers={"authorization": f"Bearer {key}"} if key else {},
            body=request_body(request, self._dialect),
            deadlines=self._endpoint.deadlines,
        )
        return call.run(one, self._dialect.make_decoder(request), classify)


def request_body(request: ChatRequest, dialect: Dialect) -> Json:
    """The request in the vendor's words."""
    body: Json = {"model": request.model, "messages": request.messages, "stream": True}
    if dialect.asks_for_usage:
        body["stream_options"] = {"include_usage": True}
    if request.max_output_tokens is not None:
        body[dialect.cap_field] = request.max_output_tokens
    return body


class ChatDecoder:
    """The vendor's chunks, turned into events."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.done = False
        self._framing = Framing()

    @classmethod
    def for_request(cls, request: ChatRequest) -> "ChatDecoder":
        """A decoder for the answer to one request."""
        return cls()

    @property
    def complete(self) -> bool:
        """A finish reason was given, or `[DONE]`."""
        return self.done or self.answer.finish_reason is not None

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """See `Decoder.feed`."""
        for kind, data in self._framing.feed(chunk):
            yield from self._take(kind, data)

    def finish(self) -> Iterator[StreamEvent]:
        """See `Decoder.finish`."""
        for kind, data in self._framing.finish():
            yield from self._take(kind, data, said_in="message")
        if not self.complete:
            raise StreamCut("no finish reason")
        self.answer.finish_reason = self.answer.finish_reason or "stop"
        self.last_look()
        yield self.answer.finished()

    def last_look(self) -> None:
        """Called before the end is told, for what a dialect says only there."""

    def _take(self, kind: str, data: bytes, said_in: str = "delta") -> Iterator[StreamEvent]:
        """`said_in` names where the words are: Sonar fills both places, one of them to no purpose."""
        if self.done or not data:
            return
        if data.strip() == b"[DONE]":
            self.done = True
            return
        try:
            chunk = obj(parse(data))
        except ValueError:
            self.answer.unreadable_events += 1
            return
        if chunk.get("error") or kind == "error":
            raise classify_in_band(chunk)
        self.answer.model = word(chunk.get("model")) or self.answer.model
        yield from self.look_at(chunk)
        for choice in map(obj, items(chunk.get("choices"))):
            if choice.get("index", 0) == 0:
                yield from self._take_choice(choice, said_in)
        self._take_usage(chunk.get("usage"))

    def look_at(self, chunk: Json) -> Iterator[StreamEvent]:
        """Called with every chunk, for what a dialect says beside the choices."""
        yield from ()

    def _take_choice(self, choice: Json, said_in: str) -> Iterator[StreamEvent]:
        said = obj(choice.get(said_in))
        if thought := text(said.get("reasoning_content") or said.get("reasoning")):
            yield ReasoningDelta(thought)
        if words := text(said.get("content")):
            yield self.answer.add_text(words)
        if refusal := text(said.get("refusal")):
            yield self.answer.add_text(refusal, refused=True)
        raw = word(choice.get("finish_reason"))
        if raw:
            self.answer.raw_finish_reason = raw
            self.answer.finish_reason = _FINISH.get(raw, "stop")
        # Kimi's place for it; K3 repeats it at the top level.
        self._take_usage(choice.get("usage"))

    def _take_usage(self, reported: object) -> None:
        if reported:
            usage = obj(reported)
            self.answer.usage = read_usage(usage) or self.answer.usage
            self.answer.cost = read_cost(usage) or self.answer.cost


def read_usage(reported: Json) -> Usage | None:
    """A `usage` object in our convention; None when it counts nothing."""
    prompt = count(reported.get("prompt_tokens"))
    completion = count(reported.get("completion_tokens"))
    if prompt is None and completion is None:
        return None
    details = obj(reported.get("prompt_tokens_details"))
    cached = count(details.get("cached_tokens"))
    if cached is None:
        # Kimi's place; and where nothing was cached, no place at all.
        cached = count(reported.get("cached_tokens")) or 0
    return Usage(
        input_tokens=prompt,
        output_tokens=completion,
        cache_read_tokens=cached,
        cache_write_tokens=count(details.get("cache_write_tokens")),
        reasoning_tokens=count(
            obj(reported.get("completion_tokens_details")).get("reasoning_tokens")
        ),
        search_queries=count(reported.get("num_search_queries")),
    )


def read_cost(usage: Json) -> ReportedCost | None:
    """The vendor's own bill, where it sends one; Sonar's is real in the last chunk only, the others
    carry zeros and no request fee.
    """
    cost = obj(usage.get("cost"))
    total = money(cost.get("total_cost"))
    if not total:
        return None
    return ReportedCost(total_usd=total, request_fee_usd=money(cost.get("request_cost")))
