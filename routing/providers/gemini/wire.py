"""How does Google's Gemini speak?

Each event is a whole small response. There is no last word: the answer ends where the connection does,
and a finish reason may come, be followed by more text, and come again.
"""

from collections.abc import AsyncGenerator, Iterator
from functools import partial
from urllib.parse import quote

from routing.providers import call
from routing.providers.answer import Answer
from routing.providers.base import Endpoint
from routing.providers.errors import ContentFiltered, StreamCut
from routing.providers.fields import Json, items, obj, parse, text, word
from routing.providers.framing import Framing
from routing.providers.gemini.errors import classify, classify_in_band
from routing.providers.messages import (
    ChatRequest,
    Citation,
    FinishReason,
    ReasoningDelta,
    StreamEvent,
)
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
"""Any other reason is the model's own fault (`MALFORMED_FUNCTION_CALL`, `OTHER`, ...)."""


class Gemini:
    """The Developer API."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        base, model = self._endpoint.base_url.rstrip("/"), quote(request.model, safe="")
        one = call.Call(
            url=f"{base}/models/{model}:streamGenerateContent?alt=sse",
            # Never `?key=`: a URL ends in logs and error texts.
            headers={"x-goog-api-key": self._endpoint.api_key},
            body=request_body(request),
            deadlines=self._endpoint.deadlines,
        )
        prompt_chars = sum(len(message.content) for message in request.messages)
        return call.run(one, GeminiDecoder(), partial(classify, prompt_chars=prompt_chars))


def request_body(request: ChatRequest) -> Json:
    """The request in the vendor's words."""
    instructions = [{"text": m.content} for m in request.messages if m.role == "system"]
    config: Json = {}
    if request.max_output_tokens is not None:
        config["maxOutputTokens"] = request.max_output_tokens
    body: Json = {
        "contents": [
            {"role": "model" if m.role == "assistant" else "user", "parts": [{"text": m.content}]}
            for m in request.messages
            if m.role != "system"
        ]
    }
    if instructions:
        body["systemInstruction"] = {"parts": instructions}
    if config:
        body["generationConfig"] = config
    return body


class GeminiDecoder:
    """The vendor's partial responses, turned into events."""

    done = False

    def __init__(self) -> None:
        self.answer = Answer()
        self._framing = Framing()
        self._calls_tools = False

    @property
    def complete(self) -> bool:
        """Never before the connection ended properly: a finish reason may have been one of several."""
        return False

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
        if self.answer.finish_reason == "stop" and self._calls_tools:
            self.answer.finish_reason = "tool_calls"
        yield self.answer.finished()

    def _take(self, data: bytes) -> Iterator[StreamEvent]:
        if not data:
            return
        try:
            document = parse(data)
        except ValueError:
            self.answer.unreadable_events += 1
            return
        # Without `alt=sse` the body is one array of what would have been the events.
        for response in map(obj, items(document) or [document]):
            yield from self._take_response(response)

    def _take_response(self, response: Json) -> Iterator[StreamEvent]:
        if response.get("error"):
            raise classify_in_band(response)
        self.answer.model = word(response.get("modelVersion")) or self.answer.model
        # Cumulative, and its numbers may shrink: the last one counts.
        self.answer.usage = read_usage(obj(response.get("usageMetadata"))) or self.answer.usage
        candidates = items(response.get("candidates"))
        if candidates:
            yield from self._take_candidate(obj(candidates[0]))
            return
        blocked = word(obj(response.get("promptFeedback")).get("blockReason"))
        if blocked:
            self.answer.raw_finish_reason = f"blockReason:{blocked}"
            raise ContentFiltered("the prompt was blocked", status=200, in_band=True)

    def _take_candidate(self, candidate: Json) -> Iterator[StreamEvent]:
        for part in map(obj, items(obj(candidate.get("content")).get("parts"))):
            if words := text(part.get("text")):
                yield ReasoningDelta(words) if part.get("thought") else self.answer.add_text(words)
            self._calls_tools = self._calls_tools or "functionCall" in part
        yield from self.answer.set_citations(_citations(obj(candidate.get("groundingMetadata"))))
        raw = word(candidate.get("finishReason"))
        if raw:
            self.answer.raw_finish_reason = raw
            self.answer.finish_reason = _FINISH.get(raw, "error")


def read_usage(reported: Json) -> Usage | None:
    """A `usageMetadata` object in our convention; None when it counts nothing.

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
