"""How do OpenAI and those who copied its chat completions speak?

One wire, three dialects: OpenAI's own (and every compatible server's), Kimi's, and the one of
Perplexity's Sonar, which was retired in September 2026.
"""

from collections.abc import AsyncGenerator, Iterator

import msgspec

from routing.providers import call
from routing.providers.answer import Answer
from routing.providers.base import Endpoint, MakeProvider
from routing.providers.chat_errors import classify, classify_in_band
from routing.providers.errors import StreamCut
from routing.providers.fields import Json, items, money, obj, parse, text, word
from routing.providers.framing import Framing
from routing.providers.messages import (
    ChatRequest,
    Citation,
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
    """What differs between those who speak this wire."""

    cap_field: str = "max_completion_tokens"
    sends_temperature: bool = True
    asks_for_usage: bool = True
    is_sonar: bool = False
    """Sources and cost in every chunk; "stop" even where the token cap cut the text."""


OPENAI = Dialect()
# K2.6 and K3 answer 400 to any temperature but 1.
KIMI = Dialect(sends_temperature=False)
SONAR = Dialect(cap_field="max_tokens", asks_for_usage=False, is_sonar=True)


class ChatCompletions:
    """One endpoint that speaks this wire."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect = OPENAI) -> None:
        self._endpoint = endpoint
        self._dialect = dialect

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        key = self._endpoint.api_key
        one = call.Call(
            url=f"{self._endpoint.base_url.rstrip('/')}/chat/completions",
            headers={"authorization": f"Bearer {key}"} if key else {},
            body=request_body(request, self._dialect),
            deadlines=self._endpoint.deadlines,
        )
        decoder = ChatDecoder(self._dialect, request.max_output_tokens)
        return call.run(one, decoder, classify)


def speaking(dialect: Dialect) -> MakeProvider:
    """A maker of providers of this dialect."""
    return lambda endpoint: ChatCompletions(endpoint, dialect)


def request_body(request: ChatRequest, dialect: Dialect) -> Json:
    """The request in the vendor's words."""
    body: Json = {"model": request.model, "messages": request.messages, "stream": True}
    if dialect.asks_for_usage:
        body["stream_options"] = {"include_usage": True}
    if request.max_output_tokens is not None:
        body[dialect.cap_field] = request.max_output_tokens
    if request.temperature is not None and dialect.sends_temperature:
        body["temperature"] = request.temperature
    return body


class ChatDecoder:
    """The vendor's chunks, turned into events."""

    def __init__(self, dialect: Dialect = OPENAI, max_output_tokens: int | None = None) -> None:
        """`max_output_tokens` is the request's cap, by which a Sonar answer is known to be cut."""
        self.answer = Answer()
        self.done = False
        self._dialect = dialect
        self._cap = max_output_tokens
        self._framing = Framing()

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
        if self._dialect.is_sonar:
            self._infer_truncation()
        yield self.answer.finished()

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
        if self._dialect.is_sonar:
            yield from self.answer.cite(_sonar_citations(chunk))
        for choice in map(obj, items(chunk.get("choices"))):
            if choice.get("index", 0) == 0:
                yield from self._take_choice(choice, said_in)
        self._take_usage(chunk.get("usage"))

    def _take_choice(self, choice: Json, said_in: str) -> Iterator[StreamEvent]:
        said = obj(choice.get(said_in))
        if thought := text(said.get("reasoning_content") or said.get("reasoning")):
            yield ReasoningDelta(thought)
        if words := text(said.get("content")):
            yield self.answer.say(words)
        if refusal := text(said.get("refusal")):
            yield self.answer.say(refusal, refused=True)
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
            self.answer.cost = _sonar_cost(usage) or self.answer.cost

    def _infer_truncation(self) -> None:
        used = self.answer.usage.output_tokens if self.answer.usage else None
        if self.answer.finish_reason == "stop" and self._cap and (used or 0) >= self._cap:
            self.answer.finish_reason = "length"
            self.answer.truncated_inferred = True


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


def _sonar_cost(usage: Json) -> ReportedCost | None:
    """Only the last chunk's is real: the others carry zeros and no request fee."""
    cost = obj(usage.get("cost"))
    total = money(cost.get("total_cost"))
    if not total:
        return None
    return ReportedCost(total_usd=total, request_fee_usd=money(cost.get("request_cost")))


def _sonar_citations(chunk: Json) -> tuple[Citation, ...]:
    titles = {
        text(found.get("url")): text(found.get("title"))
        for found in map(obj, items(chunk.get("search_results")))
    }
    urls = [text(url) for url in items(chunk.get("citations"))] or list(titles)
    return tuple(
        Citation(n=n, url=url, title=titles.get(url, "")) for n, url in enumerate(urls, start=1)
    )
