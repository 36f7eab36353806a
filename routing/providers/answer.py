"""Collects what one call has sent so far, and decides whether that makes a whole answer.

The part of a decoder that is the same for every vendor.
"""

from collections.abc import Iterator
from typing import Literal, Protocol

from routing.providers.errors import (
    ContentFiltered,
    EmptyAnswer,
    OnlyThought,
    ProviderError,
    ServerError,
)
from routing.providers.messages import (
    Citation,
    Citations,
    Finished,
    FinishReason,
    ReasoningDelta,
    ReportedCost,
    StreamEvent,
    TextDelta,
    TruncatedReason,
    Working,
)
from routing.providers.usage import Usage

_TRUNCATED: dict[FinishReason, TruncatedReason] = {
    "length": "token_limit",
    "content_filter": "content_filter",
    "error": "unknown_finish",
}
_NO_ANSWER = ("content_filter", "error")
"""Finish reasons after which a tool call is no answer either."""


class Answer:
    """The state of one answer while it arrives."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.cost: ReportedCost | None = None
        self.model = ""
        self.finish_reason: FinishReason | None = None
        """The last one given; "error" stands for those that this code does not know."""
        self.raw_finish_reason = ""
        self.settled = False
        """A finish reason was given, and no words came after it."""
        self.truncated_inferred = False
        self.calls_tools = False
        self.events_read = 0
        """Of the vendor's events: each is a sign of life."""
        self.progress = 0
        """Of these, those that show that it thinks or searches."""
        self.unreadable_events = 0
        self.restored = False
        """The vendor repeated the full text, so that what was unreadable is known after all."""
        self._text_is_hurt = False
        self._model_failed = False
        self._began = False
        self.has_words = False
        self._thought = False
        self._refused = False
        self._activity = ""
        self._citations: tuple[Citation, ...] = ()

    def add_text(self, text: str, *, refused: bool = False) -> TextDelta:
        """Note the next words of the answer, which are not empty."""
        self._began, self.settled = True, False
        self.has_words = self.has_words or not text.isspace()
        self._refused = self._refused or refused
        return TextDelta(text)

    def add_thought(self, text: str) -> Iterator[StreamEvent]:
        """Note the next words of the model's thinking, which are not empty."""
        self._thought, self.settled = True, False
        yield from self.works("thinking")
        yield ReasoningDelta(text)

    def works(self, activity: Literal["thinking", "searching"]) -> Iterator[StreamEvent]:
        """Note that the model thinks or searches; tell it if that is new and no words have come yet."""
        self.progress += 1
        if not self._began and activity != self._activity:
            self._activity = activity
            yield Working(activity)

    def set_citations(self, citations: tuple[Citation, ...]) -> Iterator[StreamEvent]:
        """Note the sources; tell them if they differ from those told before."""
        if citations and citations != self._citations:
            self._citations = citations
            yield Citations(citations)

    def skip_unreadable(self, *, may_hold_text: bool = True) -> None:
        """Count an unreadable event; the text is incomplete if the event may have held words."""
        self.unreadable_events += 1
        self.restored = False
        self._text_is_hurt = self._text_is_hurt or may_hold_text

    def end(self, raw: str, reason: FinishReason | None, *, model_failed: bool = False) -> None:
        """Note a finish reason (None: one that is unknown here); another one may follow it."""
        self.raw_finish_reason = raw
        self.finish_reason = reason or "error"
        self._model_failed = model_failed
        self.settled = True

    def finished(self) -> Finished:
        """The end of an answer whose `finish_reason` is known.

        Raises ContentFiltered, EmptyAnswer or ServerError where nothing was said.
        """
        reason = self.finish_reason
        if reason is None:
            raise self.attach_usage(ServerError("no finish reason", in_band=True))
        if not self.has_words and (not self.calls_tools or reason in _NO_ANSWER):
            raise self.attach_usage(self._why_nothing(reason))
        if reason == "stop" and self.calls_tools:
            reason = "tool_calls"
        truncated = _TRUNCATED.get(reason)
        if truncated is None and self._text_is_hurt and not self.restored:
            truncated = "unreadable_event"
        return self._end(reason, truncated)

    def capped(self) -> Finished:
        """The end of an answer that we cut off because it is too long."""
        return self._end("length", "size_cap")

    def attach_usage(self, error: ProviderError) -> ProviderError:
        """Return the error with the usage that the vendor had reported before it."""
        error.usage = error.usage or self.usage
        error.cost = error.cost or self.cost
        error.raw_finish_reason = error.raw_finish_reason or self.raw_finish_reason
        return error

    def _why_nothing(self, reason: FinishReason) -> ProviderError:
        if reason == "content_filter":
            return ContentFiltered("no answer let through", status=200, in_band=True)
        if self._model_failed:
            return ServerError("the model failed", in_band=True)
        if reason == "length" or self._thought or (self.usage and self.usage.reasoning_tokens):
            return OnlyThought("it thought, and said nothing", in_band=True)
        return EmptyAnswer("it ended without a word", in_band=True)

    def _end(self, reason: FinishReason, truncated: TruncatedReason | None) -> Finished:
        return Finished(
            finish_reason=reason,
            raw_finish_reason=self.raw_finish_reason,
            usage=self.usage,
            cost=self.cost,
            model=self.model,
            truncated_reason=truncated,
            truncated_inferred=self.truncated_inferred,
            refused=self._refused,
            unreadable_events=self.unreadable_events,
        )


class Decoder(Protocol):
    """Turns the bytes of one vendor's stream into our events; does no input or output itself."""

    answer: Answer
    done: bool
    """The vendor's last word was read: nothing that may follow matters."""

    @property
    def complete(self) -> bool:
        """Whether enough was read for a whole answer, even if the connection breaks now."""
        ...

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """The events in the next bytes of a 200 body. Raises ProviderError."""
        ...

    def finish(self) -> Iterator[StreamEvent]:
        """The last events, with `Finished` at the end. Raises ProviderError if the answer is not whole."""
        ...
