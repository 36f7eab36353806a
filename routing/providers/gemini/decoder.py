"""Decodes the answers of Gemini.

Each event is a whole small response. There is no last word: the answer ends where the connection does,
and a finish reason may come, be followed by more text, and come again.
"""

from collections.abc import Iterator

from routing.providers.answer import Answer
from routing.providers.errors import ContentFiltered, StreamCut
from routing.providers.fields import Json, items, obj, parse, text, word
from routing.providers.framing import Framing
from routing.providers.messages import Citation, FinishReason, StreamEvent
from routing.providers.refusals import Refusals
from routing.providers.usage import Usage, count

_FILTERED = {
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
}
_FINISH: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(_FILTERED, "content_filter"),
}
_MODEL_FAILED = {
    "OTHER",
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "IMAGE_OTHER",
    "NO_IMAGE",
}
"""The model's own faults; another try may do better."""


class GeminiDecoder:
    """Decodes one Gemini answer."""

    done = False

    def __init__(self, refusals: Refusals) -> None:
        self.answer = Answer()
        self._refusals = refusals
        self._framing = Framing()

    @property
    def complete(self) -> bool:
        """Whether a finish reason was read and no words came after it."""
        return self.answer.settled

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """See `Decoder.feed`."""
        for _, data in self._framing.feed(chunk):
            yield from self._take(data)

    def finish(self) -> Iterator[StreamEvent]:
        """See `Decoder.finish`."""
        for _, data in self._framing.finish():
            yield from self._take(data)
        if self.answer.finish_reason is None:
            raise StreamCut("no finish reason")
        yield self.answer.finished()

    def _take(self, data: bytes) -> Iterator[StreamEvent]:
        if not data.strip():
            return
        try:
            document = parse(data)
        except ValueError:
            self.answer.skip_unreadable()
            return
        self.answer.events_read += 1
        # Without `alt=sse` the body is one array of what would have been the events.
        for response in map(obj, items(document) or [document]):
            yield from self._take_response(response)

    def _take_response(self, response: Json) -> Iterator[StreamEvent]:
        if response.get("error"):
            raise self._refusals.in_band(response)
        self.answer.model = word(response.get("modelVersion")) or self.answer.model
        # Cumulative, and its numbers may shrink: the last one counts.
        usage = read_usage(obj(response.get("usageMetadata")))
        candidates = items(response.get("candidates"))
        if candidates:
            yield from self._take_candidate(obj(candidates[0]))
        self.answer.usage = usage or self.answer.usage
        if candidates:
            return
        blocked = word(obj(response.get("promptFeedback")).get("blockReason"))
        if blocked:
            self.answer.raw_finish_reason = f"blockReason:{blocked}"
            raise ContentFiltered("the prompt was blocked", status=200, in_band=True)

    def _take_candidate(self, candidate: Json) -> Iterator[StreamEvent]:
        answer = self.answer
        for part in map(obj, items(obj(candidate.get("content")).get("parts"))):
            if words := text(part.get("text")):
                if part.get("thought"):
                    yield from answer.add_thought(words)
                else:
                    yield answer.add_text(words)
            answer.calls_tools = answer.calls_tools or "functionCall" in part
        grounding = obj(candidate.get("groundingMetadata"))
        yield from answer.set_citations(_citations(grounding))
        if raw := word(candidate.get("finishReason")):
            answer.end(raw, _FINISH.get(raw), model_failed=raw in _MODEL_FAILED)


def read_usage(reported: Json) -> Usage | None:
    """A `usageMetadata` object in our convention; None when it holds no counts.

    Counts of zero are left out by the vendor, the prompt's never.
    """
    prompt = count(reported.get("promptTokenCount"))
    if prompt is None:
        return None
    tool_use = count(reported.get("toolUsePromptTokenCount")) or 0
    thoughts = count(reported.get("thoughtsTokenCount")) or 0
    return Usage(
        input_tokens=prompt + tool_use,
        output_tokens=(count(reported.get("candidatesTokenCount")) or 0) + thoughts,
        cache_read_tokens=count(reported.get("cachedContentTokenCount")) or 0,
        tool_use_tokens=tool_use,
        reasoning_tokens=thoughts,
    )


def _citations(grounding: Json) -> tuple[Citation, ...]:
    pages = [obj(obj(chunk).get("web")) for chunk in items(grounding.get("groundingChunks"))]
    return tuple(
        Citation(n=n, url=text(page.get("uri")), title=text(page.get("title")))
        for n, page in enumerate(pages, start=1)
        if page.get("uri")
    )
