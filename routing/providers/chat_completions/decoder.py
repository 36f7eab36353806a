"""Decodes the chunks of a Chat Completions answer."""

import re
from collections.abc import Iterator

from routing.providers.answer import Answer
from routing.providers.chat_completions.content import pieces
from routing.providers.chat_completions.usage import read_cost, read_usage
from routing.providers.errors import ServerError, StreamCut
from routing.providers.fields import Json, items, obj, parse, word
from routing.providers.framing import Framing
from routing.providers.messages import FinishReason, StreamEvent
from routing.providers.refusals import Refusals

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "sensitive": "content_filter",  # Zhipu
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
_MODEL_FAILED = ("error", "abort", "network_error", "insufficient_system_resource")
"""OpenRouter's, vLLM's, Zhipu's and DeepSeek's words for an answer that broke off inside the vendor."""

_NO_TEXT = re.compile(
    rb'"delta"\s*:\s*\{\s*\}|"choices"\s*:\s*\[\s*\]|"content"\s*:\s*(?:""|null)\s*[,}]'
)
_SOME_TEXT = re.compile(rb'"(?:content|refusal|text)"\s*:(?!\s*(?:""|null))')


class ChatDecoder:
    """Decodes one Chat Completions answer."""

    def __init__(self, refusals: Refusals) -> None:
        self.answer = Answer()
        self.done = False
        self._refusals = refusals
        self._framing = Framing()

    @property
    def complete(self) -> bool:
        """Whether a finish reason or `[DONE]` was read."""
        return self.done or self.answer.settled

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """See `Decoder.feed`."""
        for kind, data in self._framing.feed(chunk):
            yield from self._take(kind, data)

    def finish(self) -> Iterator[StreamEvent]:
        """See `Decoder.finish`."""
        place = "delta" if self._framing.is_stream else "message"
        for kind, data in self._framing.finish():
            yield from self._take(kind, data, said_in=place)
        if not self.done and self.answer.finish_reason is None:
            raise StreamCut("no finish reason")
        if self.answer.raw_finish_reason == "error":
            raise ServerError("the model failed", in_band=True)
        self.answer.finish_reason = self.answer.finish_reason or "stop"
        self.last_look()
        yield self.answer.finished()

    def last_look(self) -> None:
        """Called just before the end, for what a dialect knows only then."""

    def _take(self, kind: str, data: bytes, said_in: str = "delta") -> Iterator[StreamEvent]:
        """Read one event; `said_in` is the field that holds the words, since Sonar fills two of them."""
        data = data.strip()
        if self.done or not data:
            return
        if data == b"[DONE]":
            self.done = True
            return
        try:
            chunk = obj(parse(data))
        except ValueError:
            self.answer.skip_unreadable(
                may_hold_text=not self.answer.settled and may_hold_text(data)
            )
            return
        if chunk.get("error") or kind == "error":
            raise self._refusals.in_band(chunk)
        self.answer.events_read += 1
        self.answer.model = word(chunk.get("model")) or self.answer.model
        yield from self.look_at(chunk)
        for choice in map(obj, items(chunk.get("choices"))):
            if choice.get("index", 0) == 0:
                yield from self._take_choice(choice, said_in)
        self._take_usage(chunk.get("usage"))

    def look_at(self, chunk: Json) -> Iterator[StreamEvent]:
        """Called with every chunk, for what a dialect sends beside the choices."""
        yield from ()

    def _take_choice(self, choice: Json, said_in: str) -> Iterator[StreamEvent]:
        said, answer = obj(choice.get(said_in)), self.answer
        for kind, words in pieces(said):
            if kind == "thought":
                yield from answer.add_thought(words)
            else:
                yield answer.add_text(words, refused=kind == "refusal")
        if said.get("tool_calls") or said.get("function_call"):
            answer.calls_tools = True
        if raw := word(choice.get("finish_reason")):
            answer.end(raw, _FINISH.get(raw), model_failed=raw in _MODEL_FAILED)
        # Kimi's place for it; K3 repeats it at the top level.
        self._take_usage(choice.get("usage"))

    def _take_usage(self, reported: object) -> None:
        if reported:
            usage = obj(reported)
            self.answer.usage = read_usage(usage) or self.answer.usage
            self.answer.cost = read_cost(usage) or self.answer.cost


def may_hold_text(data: bytes) -> bool:
    """Whether an unreadable event may have held words of the answer.

    It did not where it is no piece of JSON (`ping`), or says in what is left of it that it is empty.

    >>> may_hold_text(b'ping'), may_hold_text(b'{"choices":[{"delta":{},'), may_hold_text(b'{"cho')
    (False, False, True)
    """
    if b"{" not in data and b'"' not in data:
        return False
    return _SOME_TEXT.search(data) is not None or _NO_TEXT.search(data) is None
