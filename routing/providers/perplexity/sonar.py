"""Speaks Perplexity's Sonar dialect of Chat Completions, which was retired in September 2026.

It is kept for recorded answers, and for servers that still play it.
"""

from collections.abc import Iterator

from routing.providers.base import Endpoint
from routing.providers.chat_completions.decoder import ChatDecoder
from routing.providers.chat_completions.protocol import ChatCompletions, Dialect
from routing.providers.fields import Json, items, obj, text
from routing.providers.messages import ChatRequest, Citation, StreamEvent
from routing.providers.perplexity.errors import classify
from routing.providers.refusals import Refusals


class SonarDecoder(ChatDecoder):
    """Decodes Sonar's answers: sources in every chunk, and "stop" even where the cap cut the text."""

    def __init__(self, request: ChatRequest, refusals: Refusals) -> None:
        """Keep the cap of `request`, by which a cut answer is recognised."""
        super().__init__(refusals)
        self._cap = request.max_output_tokens

    def look_at(self, chunk: Json) -> Iterator[StreamEvent]:
        """Read the sources of the chunk."""
        yield from self.answer.set_citations(_citations(chunk))

    def last_look(self) -> None:
        """Decide by the cap whether the text was cut."""
        used = self.answer.usage.output_tokens if self.answer.usage else None
        if self.answer.finish_reason == "stop" and self._cap and (used or 0) >= self._cap:
            self.answer.finish_reason = "length"
            self.answer.truncated_inferred = True


SONAR = Dialect(
    cap_field="max_tokens", asks_for_usage=False, classify=classify, make_decoder=SonarDecoder
)


def make_sonar(endpoint: Endpoint) -> ChatCompletions:
    """The provider for one endpoint that speaks Sonar."""
    return ChatCompletions(endpoint, SONAR)


def _citations(chunk: Json) -> tuple[Citation, ...]:
    titles = {
        text(found.get("url")): text(found.get("title"))
        for found in map(obj, items(chunk.get("search_results")))
    }
    urls = [text(url) for url in items(chunk.get("citations"))] or list(titles)
    return tuple(
        Citation(n=n, url=url, title=titles.get(url, "")) for n, url in enumerate(urls, start=1)
    )
