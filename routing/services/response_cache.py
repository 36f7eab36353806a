"""The reply cache: whole replies that may be served again, in this process's memory or in Redis.

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
from routing.services.snapshot_types import CacheScope, DeploymentFacts

logger = logging.getLogger(__name__)
MEMORY_ENTRIES = 2_000
MEMORY_CHARACTERS = 8_000_000
REDIS_TIMEOUT_S = 0.5
REDIS_LEFT_ALONE_S = 10.0
"""For so long a Redis that did not answer is not asked again: each question would cost a turn time."""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation, user and thread for whom an answer is kept."""

    organisation: str
    user: str
    thread: str

    def within(self, scope: CacheScope) -> str:
        """The part of a cache key that keeps everybody else out."""
        match scope:
            case "organisation":
                return self.organisation
            case "user":
                return f"{self.organisation}/{self.user}"
            case "thread":
                return f"{self.organisation}/{self.user}/{self.thread}"


class CachedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A complete reply, with the model that gave it and its cost at that time."""

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
    deployments: tuple[DeploymentFacts, ...],
) -> str:
    """A digest of everything on which the answer depends.

    `context`: the messages that the first model would be sent, of which the last one holds the prompt;
    white space around that is no part of the key. `deployments`: those of the ladder, in its order.
    """
    last = context[-1].content.strip() if context else ""
    parts = (
        owner.within(scope),
        thread_id if scope == "thread" else "",
        policy_version,
        intent,
        user_text.strip(),
        [(message.role, message.content) for message in context[:-1]],
        last,
        [(it.name, it.base_url, it.max_output_tokens, it.disabled) for it in deployments],
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


class MemoryCache:
    """Keeps the most recently used replies in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, CachedReply]] = OrderedDict()
        self._characters = 0

    async def get_cached(self, key: str) -> CachedReply | None:
        """The reply stored under a key, while it is fresh."""
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
        """Store a reply for so many seconds; the least recently used ones are dropped for it."""
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
    """Keeps replies in Redis, where all processes share them."""

    def __init__(
        self, url: str, *, installation: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`installation` keeps installations apart that share a Redis."""
        self._prefix = f"chatcore:{installation}:reply:"
        self._clock = clock
        self._away_until = float("-inf")
        self._redis = redis.asyncio.from_url(
            url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
        )

    async def get_cached(self, key: str) -> CachedReply | None:
        """The reply stored under a key, while it is fresh; None also when Redis does not answer."""
        if self._is_away():
            return None
        try:
            raw = await self._redis.get(self._prefix + key)
            _obey_cancel()
            return msgspec.json.decode(raw, type=CachedReply) if raw else None
        except msgspec.DecodeError:
            logger.warning("A reply in the cache cannot be read; it is left out.")
            return None
        except (RedisError, OSError) as error:
            self._leave_alone("read", error)
            return None

    async def set_cached(self, key: str, reply: CachedReply, *, ttl_s: int) -> None:
        """Store a reply for so many seconds; does nothing when Redis does not answer."""
        if self._is_away():
            return
        try:
            await self._redis.set(self._prefix + key, msgspec.json.encode(reply), ex=ttl_s)
            _obey_cancel()
        except (RedisError, OSError) as error:
            self._leave_alone("written", error)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def _is_away(self) -> bool:
        return self._clock() < self._away_until

    def _leave_alone(self, what: str, error: Exception) -> None:
        self._away_until = self._clock() + REDIS_LEFT_ALONE_S
        logger.warning(
            "The reply cache cannot be %s (%s); it is left alone for %.0f s.",
            what,
            type(error).__name__,
            REDIS_LEFT_ALONE_S,
        )


ResponseCache = MemoryCache | RedisCache


def _obey_cancel() -> None:
    """Raise CancelledError if this task was cancelled and redis-py has lost the cancel.

    It waits by `asyncio.wait_for`, which can lose one in Python 3.11, and a stop with it:
    https://github.com/python/cpython/issues/86296
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
