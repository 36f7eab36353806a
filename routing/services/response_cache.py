"""Has this been answered before? The reply cache: in this process's memory, or shared in Redis.

A key covers all that an answer depends on, so a changed policy, context or prompt is another key.
A cache that cannot be reached is a cache that holds nothing.
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal

import msgspec
import redis.asyncio
from redis.exceptions import RedisError

from routing.providers.messages import Citation, FinishReason, Message
from routing.route import UsageSource
from routing.services.snapshot_types import CacheScope

logger = logging.getLogger(__name__)
MEMORY_ENTRIES = 2_000
MEMORY_CHARACTERS = 8_000_000
REDIS_TIMEOUT_S = 0.5


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """For whom an answer is kept."""

    organisation: str
    user: str
    thread: str

    def within(self, scope: CacheScope) -> str:
        """The part of a key that keeps others out."""
        match scope:
            case "organisation":
                return self.organisation
            case "user":
                return f"{self.organisation}/{self.user}"
            case "thread":
                return f"{self.organisation}/{self.user}/{self.thread}"


class CachedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A complete reply, with who gave it and what it had cost then."""

    text: str
    deployment: str
    provider: str
    model: str
    finish_reason: FinishReason
    raw_finish_reason: str
    citations: tuple[Citation, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    usage_source: UsageSource = "none"
    cost_usd: Decimal | None = None


def make_cache_key(
    thread_id: str,
    user_text: str,
    intent: str,
    *,
    owner: Owner,
    scope: CacheScope,
    policy_version: int,
    context: tuple[Message, ...],
    ladder: tuple[str, ...],
) -> str:
    """A digest of everything that the answer depends on; white space around the prompt is not part of it."""
    parts = (
        owner.within(scope),
        thread_id if scope == "thread" else "",
        policy_version,
        intent,
        user_text.strip(),
        [(message.role, message.content) for message in context[:-1]],
        ladder,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


class MemoryCache:
    """The most recently used replies of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, CachedReply]] = OrderedDict()
        self._characters = 0

    async def get_cached(self, key: str) -> CachedReply | None:
        """The reply kept under a key, while it is fresh."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        expires, reply = entry
        if expires <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return reply

    async def set_cached(self, key: str, reply: CachedReply, *, ttl_s: int) -> None:
        """Keep a reply for so many seconds; the least recently used make room for it."""
        if key in self._entries:
            self._drop(key)
        self._entries[key] = (self._clock() + ttl_s, reply)
        self._characters += len(reply.text)
        while len(self._entries) > MEMORY_ENTRIES or self._characters > MEMORY_CHARACTERS:
            self._drop(next(iter(self._entries)))

    async def aclose(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._characters = 0

    def _drop(self, key: str) -> None:
        self._characters -= len(self._entries.pop(key)[1].text)


class RedisCache:
    """Replies that all processes share."""

    def __init__(self, url: str, *, installation: str) -> None:
        """`installation` keeps installations apart that share a Redis."""
        self._prefix = f"chatcore:{installation}:reply:"
        self._redis = redis.asyncio.from_url(
            url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
        )

    async def get_cached(self, key: str) -> CachedReply | None:
        """The reply kept under a key, while it is fresh; None too when Redis does not answer."""
        try:
            raw = await self._redis.get(self._prefix + key)
            _obey_cancel()
            return msgspec.json.decode(raw, type=CachedReply) if raw else None
        except (RedisError, OSError, msgspec.DecodeError) as error:
            logger.warning("The reply cache cannot be read: %s", type(error).__name__)
            return None

    async def set_cached(self, key: str, reply: CachedReply, *, ttl_s: int) -> None:
        """Keep a reply for so many seconds; a Redis that does not answer keeps nothing."""
        try:
            await self._redis.set(self._prefix + key, msgspec.json.encode(reply), ex=ttl_s)
            _obey_cancel()
        except (RedisError, OSError) as error:
            logger.warning("The reply cache cannot be written: %s", type(error).__name__)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._redis.aclose()


ResponseCache = MemoryCache | RedisCache


def _obey_cancel() -> None:
    """redis-py waits by `asyncio.wait_for`, which can lose a cancel in Python 3.11: a stop that
    comes in that moment would go unheard (https://github.com/python/cpython/issues/86296)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
