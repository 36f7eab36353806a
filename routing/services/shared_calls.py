"""Lets equal requests at one time share one call: the later ones wait for the first one's reply.

A reply that is not to be kept (cut, or a demo model's) is not shared either: then each asks for itself.
"""

import asyncio

from routing.services.response_cache import CachedReply

_Place = tuple[asyncio.AbstractEventLoop, str]


class SharedCalls:
    """The calls that are under way in this process, by the cache key of their reply."""

    def __init__(self) -> None:
        self._under_way: dict[_Place, asyncio.Future[CachedReply | None]] = {}

    async def reply_of_another(self, key: str) -> CachedReply | None:
        """The reply of an equal request that is under way; None if there is none to share."""
        under_way = self._under_way.get((asyncio.get_running_loop(), key))
        return None if under_way is None else await asyncio.shield(under_way)

    def lead(self, key: str) -> bool:
        """Become the first of the equal requests; returns whether there was none. `end` must follow."""
        loop = asyncio.get_running_loop()
        if (loop, key) in self._under_way:
            return False
        self._under_way[loop, key] = loop.create_future()
        return True

    def share(self, key: str, reply: CachedReply | None) -> None:
        """Give the reply to the requests that wait; None tells them to make their own call."""
        waiting = self._under_way.get((asyncio.get_running_loop(), key))
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def end(self, key: str) -> None:
        """End the sharing: the reply is in the cache now, or will never be."""
        self.share(key, None)
        self._under_way.pop((asyncio.get_running_loop(), key), None)


shared_calls = SharedCalls()
"""This process's own."""
