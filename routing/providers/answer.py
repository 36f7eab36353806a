"""What has this call said so far, and does that make a whole answer?

The part of a decoder that is the same for every vendor.
"""

from collections.abc import Iterator
from typing import Protocol

from routing.providers.errors import ContentFiltered, EmptyAnswer, ProviderError, ServerError
from routing.providers.messages import (
    Citation,
    Citations,
    Finished,
    FinishReason,
    ReportedCost,
    StreamEvent,
    TextDelta,
    TruncatedReason,
)
from routing.providers.usage import Usage


class Answer:
    """One answer in the making."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.cost: ReportedCost | None = None
        self.model = ""
        self.finish_reason: FinishReason | None = None
        self.raw_finish_reason = ""
        self.truncated_inferred = False
        self.unreadable_events = 0
        self.restored = False
        """The vendor repeated the full text, so that what was unreadable is known after all."""
        self._spoke = False
        self._refused = False
        self._citations: tuple[Citation, ...] = ()

    def add_text(self, text: str, *, refused: bool = False) -> TextDelta:
        """The next words, which are not empty."""
        self._spoke = self._spoke or not text.isspace()
        self._refused = self._refused or refused
        return TextDelta(text)

    def set_citations(self, citations: tuple[Citation, ...]) -> Iterator[StreamEvent]:
        """The sources, if they are not the ones already told."""
        if citations and citations != self._citations:
            self._citations = citations
            yield Citations(citations)

    def finished(self) -> Finished:
        """The end, once `finish_reason` is known.

        Raises ContentFiltered, EmptyAnswer or ServerError where nothing was said, or the vendor
        reports that it failed.
        """
        reason = self.finish_reason
        if reason is None or reason == "error":
            raise self.attach_usage(ServerError("the model failed", in_band=True))
        if not self._spoke and reason == "content_filter":
            raise self.attach_usage(
                ContentFiltered("no answer let through", status=200, in_band=True)
            )
        if not self._spoke and reason == "stop":
            raise self.attach_usage(EmptyAnswer("it stopped without a word", in_band=True))
        truncated: TruncatedReason | None = None
        if reason == "length":
            truncated = "token_limit"
        elif self.unreadable_events and not self.restored:
            truncated = "unreadable_event"
        return self._end(reason, truncated)

    def capped(self) -> Finished:
        """The end that we make, because it is too long."""
        return self._end("length", "size_cap")

    def attach_usage(self, error: ProviderError) -> ProviderError:
        """The error, with what the vendor had reported until then."""
        error.usage = error.usage or self.usage
        error.cost = error.cost or self.cost
        error.raw_finish_reason = error.raw_finish_reason or self.raw_finish_reason
        return error

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
    """What a wire must tell about its vendor's stream. Pure: bytes in, events out."""

    answer: Answer
    done: bool
    """The vendor's last word was read: nothing that may follow matters."""

    @property
    def complete(self) -> bool:
        """Enough was read for a whole answer, even if the connection now breaks."""
        ...

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """The events in the next bytes of a 200 body. Raises ProviderError."""
        ...

    def finish(self) -> Iterator[StreamEvent]:
        """The last events, `Finished` at the end. Raises ProviderError: it was no whole answer."""
        ...
