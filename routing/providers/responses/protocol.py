"""How do Perplexity's Agent API and OpenAI's Responses speak?

Typed events, each text repeated in full when it is done, and one terminal event that alone holds the
usage. Perplexity adds search results, and what the call cost.
"""

import re
from collections.abc import AsyncGenerator, Iterator

from routing.providers import call
from routing.providers.answer import Answer
from routing.providers.base import Endpoint
from routing.providers.errors import ProtocolViolated, StreamCut
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
from routing.providers.responses.errors import classify, classify_in_band
from routing.providers.usage import Usage, count

_TERMINAL = {
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
    "response.canceled",
}
_FINISH: dict[str, FinishReason] = {
    "completed": "stop",
    "requires_action": "tool_calls",
    "incomplete": "length",
    "incomplete:content_filter": "content_filter",
}
_MARKER = re.compile(r"\[(\d{1,3})\]")


class Responses:
    """One endpoint that speaks this wire."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        key = self._endpoint.api_key
        one = call.Call(
            url=f"{self._endpoint.base_url.rstrip('/')}/responses",
            headers={"authorization": f"Bearer {key}"} if key else {},
            body=request_body(request),
            deadlines=self._endpoint.deadlines,
        )
        return call.run(one, ResponsesDecoder(), classify)


def request_body(request: ChatRequest) -> Json:
    """The request in the vendor's words; the model may search the web."""
    instructions = [m.content for m in request.messages if m.role == "system"]
    body: Json = {
        "model": request.model,
        "input": [
            {"type": "message", "role": m.role, "content": m.content}
            for m in request.messages
            if m.role != "system"
        ],
        "tools": [{"type": "web_search"}],
        "stream": True,
    }
    if instructions:
        body["instructions"] = "\n\n".join(instructions)
    if request.max_output_tokens is not None:
        body["max_output_tokens"] = request.max_output_tokens
    return body


class ResponsesDecoder:
    """The vendor's typed events, turned into ours."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.done = False
        self._framing = Framing()
        self._seen: set[int] = set()
        self._part: list[str] = []
        """The text of the part that is being written."""
        self._said: list[str] = []
        self._parts_done: set[tuple[object, ...]] = set()
        self._matched = True
        """Each text repeated so far begins with what we said of it."""
        self._sources: dict[int, Citation] = {}

    @property
    def complete(self) -> bool:
        """The terminal event was read."""
        return self.done

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """See `Decoder.feed`."""
        for kind, data in self._framing.feed(chunk):
            yield from self._take(kind, data)

    def finish(self) -> Iterator[StreamEvent]:
        """See `Decoder.finish`."""
        for kind, data in self._framing.finish():
            yield from self._take(kind, data)
        if not self.done:
            raise StreamCut("no terminal event")
        yield self.answer.finished()

    def _take(self, kind: str, data: bytes) -> Iterator[StreamEvent]:
        if self.done or not data or data.strip() == b"[DONE]":
            return
        try:
            event = obj(parse(data))
        except ValueError:
            self.answer.unreadable_events += 1
            self.answer.restored = False
            return
        number = count(event.get("sequence_number"))
        if number is not None:
            if number in self._seen:
                return
            self._seen.add(number)
        named = kind if kind == "error" else text(event.get("type")) or kind
        yield from self._take_event(named, event)

    def _take_event(self, kind: str, event: Json) -> Iterator[StreamEvent]:
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            yield from self._say(text(event.get("delta")), refused="refusal" in kind)
        elif kind in ("response.output_text.done", "response.refusal.done"):
            yield from self._end_part(event, refused="refusal" in kind)
        elif kind in ("response.reasoning_text.delta", "response.reasoning_summary_text.delta"):
            if thought := text(event.get("delta")):
                yield ReasoningDelta(thought)
        elif kind == "response.reasoning.search_results":
            yield from self._found(event)
        elif kind == "response.output_item.done":
            yield from self._found(obj(event.get("item")))
        elif kind in _TERMINAL or event.get("object") == "response":
            yield from self._end(event)
        elif kind == "error" or event.get("error"):
            self.answer.raw_finish_reason = "failed"
            raise classify_in_band(event)

    def _say(self, words: str, *, refused: bool = False) -> Iterator[StreamEvent]:
        if words:
            self._part.append(words)
            self._said.append(words)
            yield self.answer.add_text(words, refused=refused)

    def _end_part(self, event: Json, *, refused: bool) -> Iterator[StreamEvent]:
        """A part is repeated in full when it is done: what we missed of it is said now."""
        place = tuple(event.get(name) for name in ("item_id", "output_index", "content_index"))
        if place in self._parts_done:
            return
        self._parts_done.add(place)
        full = text(event.get("refusal" if refused else "text"))
        yield from self._restore("".join(self._part), full, refused=refused)
        self._part = []

    def _restore(self, said: str, full: str, *, refused: bool) -> Iterator[StreamEvent]:
        """Say what the repetition has and we have not; if it says otherwise, it is let be."""
        self._matched = self._matched and bool(full) and full.startswith(said)
        self.answer.restored = self._matched
        if self._matched:
            yield from self._say(full[len(said) :], refused=refused)

    def _found(self, item: Json) -> Iterator[StreamEvent]:
        """Search results, in an event of their own or as an item of the output."""
        for result in map(obj, items(item.get("results"))):
            n = count(result.get("id")) or len(self._sources) + 1
            url = text(result.get("url"))
            if url:
                self._sources[n] = Citation(n=n, url=url, title=text(result.get("title")))
        yield from self.answer.set_citations(tuple(self._sources.values()))

    def _end(self, event: Json) -> Iterator[StreamEvent]:
        # An answer that is not streamed is the response itself.
        response = obj(event.get("response")) or event
        status = word(response.get("status"))
        reason = word(obj(response.get("incomplete_details")).get("reason"))
        answer = self.answer
        answer.raw_finish_reason = f"{status}:{reason}" if reason else status
        answer.model = word(response.get("model")) or answer.model
        usage = obj(response.get("usage"))
        answer.usage, answer.cost = read_usage(usage), read_cost(usage)
        if status in ("failed", "cancelled", "canceled") or event.get("error"):
            raise classify_in_band({"error": response.get("error") or event.get("error")})
        output = [obj(item) for item in items(response.get("output"))]
        finish = _FINISH.get(answer.raw_finish_reason) or _FINISH.get(status)
        if finish is None:
            raise ProtocolViolated("an end that is none", status=200, in_band=True)
        if finish == "stop" and any(item.get("type") == "function_call" for item in output):
            finish = "tool_calls"
        answer.finish_reason = finish
        yield from self._take_output(output)
        self.done = True

    def _take_output(self, output: list[Json]) -> Iterator[StreamEvent]:
        """The terminal event repeats the whole output; one that is not streamed says it here first."""
        for item in output:
            yield from self._found(item)
        parts = [obj(part) for item in output for part in items(item.get("content"))]
        texts = [text(part.get("text")) or text(part.get("refusal")) for part in parts]
        full = "".join(
            words
            for part, words in zip(parts, texts, strict=True)
            if part.get("type") in ("output_text", "refusal")
        )
        if full:
            refused = any(part.get("type") == "refusal" for part in parts)
            self._matched = True
            yield from self._restore("".join(self._said), full, refused=refused)
        used = {int(n) for n in _MARKER.findall("".join(self._said))}
        yield from self.answer.set_citations(
            tuple(c for n, c in self._sources.items() if n in used)
        )


def read_usage(reported: Json) -> Usage | None:
    """A `usage` object in our convention; None when it counts nothing."""
    read, written = count(reported.get("input_tokens")), count(reported.get("output_tokens"))
    if read is None and written is None:
        return None
    details = obj(reported.get("input_tokens_details"))
    cached = count(details.get("cached_tokens"))
    cache_write = count(details.get("cache_write_tokens"))
    searches = obj(obj(reported.get("tool_calls_details")).get("search_web"))
    return Usage(
        input_tokens=read,
        output_tokens=written,
        # Perplexity's names, beside OpenAI's.
        cache_read_tokens=count(details.get("cache_read_input_tokens"))
        if cached is None
        else cached,
        cache_write_tokens=(
            count(details.get("cache_creation_input_tokens"))
            if cache_write is None
            else cache_write
        ),
        reasoning_tokens=count(obj(reported.get("output_tokens_details")).get("reasoning_tokens")),
        search_queries=count(searches.get("invocation")),
    )


def read_cost(usage: Json) -> ReportedCost | None:
    """Perplexity's own bill, all parts included."""
    cost = obj(usage.get("cost"))
    total = money(cost.get("total_cost"))
    if total is None:
        return None
    return ReportedCost(total_usd=total, request_fee_usd=money(cost.get("tool_calls_cost")))
