"""Decodes the typed events of a Responses answer.

Each text is repeated in full when it is done, and one terminal event alone holds the usage. Perplexity
adds search results, and what the call cost.
"""

import re
from collections.abc import Iterator

from routing.providers.answer import Answer
from routing.providers.errors import StreamCut
from routing.providers.fields import Json, items, obj, parse, text, word
from routing.providers.framing import Framing
from routing.providers.messages import Citation, FinishReason, StreamEvent
from routing.providers.refusals import Refusals
from routing.providers.responses.replays import Replays
from routing.providers.responses.usage import read_cost, read_usage
from routing.providers.usage import count

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
    "incomplete:max_output_tokens": "length",
    "incomplete:max_tokens": "length",
    "incomplete:content_filter": "content_filter",
}
_FAILED = ("failed", "cancelled", "canceled")
_THOUGHTS = ("response.reasoning_text.delta", "response.reasoning_summary_text.delta")
_MARKER = re.compile(r"\[(\d{1,3})\]")


class ResponsesDecoder:
    """Decodes one Responses answer."""

    def __init__(self, refusals: Refusals) -> None:
        self.answer = Answer()
        self.done = False
        self._refusals = refusals
        self._framing = Framing()
        self._replays = Replays()
        self._part: list[str] = []
        """The text of the part that is being written."""
        self._said: list[str] = []
        self._parts_done: set[tuple[object, ...]] = set()
        self._matched = True
        """Each text repeated so far begins with what we said of it."""
        self._sources: dict[int, Citation] = {}

    @property
    def complete(self) -> bool:
        """Whether the terminal event was read."""
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
            self.answer.skip_unreadable()
            return
        self.answer.events_read += 1
        named = kind if kind == "error" else text(event.get("type")) or kind
        number = count(event.get("sequence_number"))
        if not self._replays.is_one(number, named, text(event.get("delta"))):
            yield from self._take_event(named, event)

    def _take_event(self, kind: str, event: Json) -> Iterator[StreamEvent]:
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            yield from self._say(text(event.get("delta")), refused="refusal" in kind)
        elif kind in ("response.output_text.done", "response.refusal.done"):
            yield from self._end_part(event, refused="refusal" in kind)
        elif kind in _THOUGHTS:
            if thought := text(event.get("delta")):
                yield from self.answer.add_thought(thought)
        elif kind in _TERMINAL or event.get("object") == "response":
            yield from self._end(kind, event)
        elif kind == "error" or event.get("error"):
            self.answer.raw_finish_reason = "failed"
            raise self._refusals.in_band(event)
        else:
            yield from self._at_work(kind, event)

    def _at_work(self, kind: str, event: Json) -> Iterator[StreamEvent]:
        """Read an event that shows what the model does before and between its words."""
        item = obj(event.get("item"))
        # `response.reasoning.search_queries`, `response.web_search_call.searching`, an item's type
        what = f"{kind} {text(item.get('type'))}"
        if "search" in what or "fetch_url" in what:
            yield from self.answer.works("searching")
        elif "reasoning" in what:
            yield from self.answer.works("thinking")
        if kind == "response.reasoning.search_results":
            yield from self._found(event)
        elif kind == "response.output_item.done":
            yield from self._found(item)

    def _say(self, words: str, *, refused: bool = False) -> Iterator[StreamEvent]:
        if words:
            self._part.append(words)
            self._said.append(words)
            yield self.answer.add_text(words, refused=refused)

    def _end_part(self, event: Json, *, refused: bool) -> Iterator[StreamEvent]:
        """End a part: its text is repeated in full, so that words we missed are told now."""
        place = tuple(event.get(name) for name in ("item_id", "output_index", "content_index"))
        if place in self._parts_done:
            return
        self._parts_done.add(place)
        full = text(event.get("refusal" if refused else "text"))
        yield from self._restore("".join(self._part), full, refused=refused)
        self._part = []

    def _restore(self, said: str, full: str, *, refused: bool) -> Iterator[StreamEvent]:
        """Tell what the repetition has beyond our text; ignore one that differs from our text."""
        self._matched = self._matched and bool(full) and full.startswith(said)
        self.answer.restored = self._matched
        if self._matched:
            yield from self._say(full[len(said) :], refused=refused)

    def _found(self, item: Json) -> Iterator[StreamEvent]:
        """Note the search results of an event or of an item of the output."""
        for result in map(obj, items(item.get("results"))):
            n = count(result.get("id")) or len(self._sources) + 1
            url = text(result.get("url"))
            if url:
                self._sources[n] = Citation(n=n, url=url, title=text(result.get("title")))
        yield from self.answer.set_citations(tuple(self._sources.values()))

    def _end(self, kind: str, event: Json) -> Iterator[StreamEvent]:
        # An answer that is not streamed is the response itself.
        response = obj(event.get("response")) or event
        status = word(response.get("status")) or kind.removeprefix("response.")
        reason = word(obj(response.get("incomplete_details")).get("reason"))
        raw = f"{status}:{reason}" if reason else status
        answer = self.answer
        answer.model = word(response.get("model")) or answer.model
        answer.usage, answer.cost = read_usage(response), read_cost(response)
        if status in _FAILED or event.get("error"):
            answer.raw_finish_reason = raw
            raise self._refusals.in_band({"error": response.get("error") or event.get("error")})
        output = [obj(item) for item in items(response.get("output"))]
        answer.calls_tools = any(item.get("type") == "function_call" for item in output)
        yield from self._take_output(output)
        answer.end(raw, _FINISH.get(raw))
        self.done = True

    def _take_output(self, output: list[Json]) -> Iterator[StreamEvent]:
        """Read the whole output, which the terminal event repeats or, if not streamed, tells first."""
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
