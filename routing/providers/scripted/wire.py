"""Plays a prepared reply, without a network: for demonstrations and tests."""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from routing.providers.base import Endpoint
from routing.providers.errors import ProviderError
from routing.providers.messages import ChatRequest, Finished, Opened, StreamEvent, TextDelta

_DEMO = "This reply was written in advance, so that the chat can be seen without any provider."


class Scripted:
    """A provider that plays the same script at every call."""

    def __init__(
        self, script: Iterable[StreamEvent | ProviderError], *, pause_s: float = 0
    ) -> None:
        """Set the events that follow `Opened`; an error is raised, and `pause_s` passes before each."""
        self._script = tuple(script)
        self._pause_s = pause_s

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The script, whatever the request; see `Provider.stream`."""
        yield Opened()
        for event in self._script:
            await asyncio.sleep(self._pause_s)
            if isinstance(event, ProviderError):
                raise event
            yield event


def demonstration(endpoint: Endpoint) -> Scripted:
    """A provider of one short reply, sent word by word; the endpoint is not used."""
    words = [TextDelta(word + " ") for word in _DEMO.split()]
    end = Finished(finish_reason="stop", raw_finish_reason="stop", model="scripted")
    return Scripted([*words, end], pause_s=0.05)
