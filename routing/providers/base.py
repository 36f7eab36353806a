"""The interface that every provider implements: one method, `stream`.

A wire implements `stream`; everything else about a vendor (paths, headers, framing, usage placement,
error bodies) is that wire's private business.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import msgspec

from routing.providers.messages import ChatRequest, Deadlines, StreamEvent


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The address, the key and the limits of a call."""

    base_url: str
    """Ends in the version path: `https://api.openai.com/v1`."""
    api_key: str = msgspec.field(default="")
    deadlines: Deadlines = Deadlines()
    without: frozenset[str] = frozenset()
    """Parameters that this deployment has refused (`ParameterRefused.parameter`): not sent again."""

    def __repr__(self) -> str:
        """Leaves out the key, which must not reach a log."""
        return f"Endpoint({self.base_url!r})"


class Provider(Protocol):
    """One vendor's endpoint, ready to be called."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives, ending in `Finished`.

        Closing the generator closes the connection to the vendor.
        Raises ProviderError: whatever went wrong, at any moment.
        """
        ...


MakeProvider = Callable[[Endpoint], Provider]
