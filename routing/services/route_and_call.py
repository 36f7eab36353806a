"""Answers one request as decided: from the reply cache, or by climbing its ladder.

Chats, summaries and programs come through here alike; who they are is their own business.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

import msgspec

from routing.providers.messages import Citation, Citations, Finished, TextDelta
from routing.route import Attempt
from routing.services.attempt import AttemptRunner
from routing.services.climb_events import Answered, Answering, AtWork
from routing.services.decision import Decision
from routing.services.health import Health
from routing.services.ladder import Climb, OnAttempt
from routing.services.response_cache import (
    CachedReply,
    Owner,
    ResponseCache,
    make_cache_key,
)
from routing.services.shared_calls import shared_calls
from routing.services.snapshot_types import Snapshot

CHUNK_CHARACTERS = 400
FALLBACK_TTL_S = 60
"""For how long at most a reply is served again that the ladder's first model did not give."""


class FromCache(msgspec.Struct, frozen=True):
    """The reply that follows comes from the reply cache."""

    reply: CachedReply


RouteEvent = FromCache | Answering | AtWork | TextDelta | Citations | Answered


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """Which cache may be asked for a reply and keep it, and for whom."""

    cache: ResponseCache
    owner: Owner
    fresh: bool = False
    """Ask anew whatever the cache holds (a retry)."""


async def route_and_call(
    *,
    decision: Decision,
    health: Health,
    stopwatch: Callable[[], int],
    started_at: datetime,
    on_attempt: OnAttempt,
    cache_use: CacheUse | None = None,
    supply: Callable[[], Snapshot] | None = None,
) -> AsyncGenerator[RouteEvent, None]:
    """Answer one request, as decided; the decision's route says afterwards what happened.

    `stopwatch` gives milliseconds since the request came, `started_at` is that moment (UTC, for the
    price in force). `supply` gives keys and deployments as they are at each call; by default they
    stay as decided. Raises LadderExhausted. Closing the generator ends the call to the provider.
    """
    key = _cache_key(decision, cache_use)
    if cache_use and key and not cache_use.fresh:
        decision.route.cache_asked_ms = stopwatch()
        hit = await cache_use.cache.get_cached(key) or await shared_calls.reply_of_another(key)
        decision.route.cache_answered_ms = stopwatch()
        if hit:
            for event in _replay(decision, hit):
                yield event
            return
    runner = AttemptRunner(
        prices=decision.snapshot.prices, health=health, stopwatch=stopwatch, started_at=started_at
    )
    climb = Climb(
        decision=decision,
        runner=runner,
        health=health,
        on_attempt=on_attempt,
        supply=supply or (lambda: decision.snapshot),
        stopwatch=stopwatch,
    )
    keeper = _Keeper(decision, cache_use, key)
    with keeper:
        async with aclosing(climb.events()) as events:
            async for event in events:
                keeper.note(event)
                yield event


def _cache_key(decision: Decision, cache_use: CacheUse | None) -> str:
    """The key of the request's reply; "" if its ladder keeps no replies or no rung could answer."""
    ladder, order = decision.ladder, decision.order()
    if cache_use is None or not ladder.cache_ttl_s or not order:
        return ""
    deployments = decision.snapshot.deployments
    return make_cache_key(
        cache_use.owner.thread,
        decision.prompt,
        decision.route.intent,
        owner=cache_use.owner,
        scope=ladder.cache_scope,
        policy_version=decision.route.policy_version,
        context=decision.context_for(order[0].deployment).messages,
        deployments=tuple(deployments[name] for name in ladder.rungs if name in deployments),
    )


class _Keeper:
    """Collects a reply as it comes, and stores it in the background once it is whole."""

    _writes: set[asyncio.Task[None]] = set()
    """The tasks that write; the loop itself holds no reference to them."""

    def __init__(self, decision: Decision, cache_use: CacheUse | None, key: str) -> None:
        self._decision = decision
        self._cache_use = cache_use
        self._key = key
        self._text: list[str] = []
        self._citations: tuple[Citation, ...] = ()
        self._leads = False
        self._writing = False

    def __enter__(self) -> None:
        self._leads = bool(self._key) and shared_calls.lead(self._key)

    def __exit__(self, *exception: object) -> None:
        if self._leads and not self._writing:
            shared_calls.end(self._key)

    def note(self, event: RouteEvent) -> None:
        """Collect one event of the reply."""
        match event:
            case Answering():
                self._text, self._citations = [], ()
            case TextDelta(piece):
                self._text.append(piece)
            case Citations(items):
                self._citations = items
            case Answered(attempt, finished):
                if ttl_s := self._ttl_s(attempt, finished):
                    self._keep(attempt, finished, ttl_s)

    def _ttl_s(self, attempt: Attempt, finished: Finished) -> int:
        """For how many seconds the reply may be served again; 0 means never."""
        if not self._key or finished.finish_reason != "stop" or finished.truncated_reason:
            return 0
        deployments = self._decision.snapshot.deployments
        enabled = [
            name
            for name in self._decision.ladder.rungs
            if name in deployments and not deployments[name].disabled
        ]
        if deployments[attempt.deployment].demo:
            return 0
        ttl_s = self._decision.ladder.cache_ttl_s
        return ttl_s if attempt.deployment == enabled[0] else min(ttl_s, FALLBACK_TTL_S)

    def _keep(self, attempt: Attempt, finished: Finished, ttl_s: int) -> None:
        assert self._cache_use is not None
        reply = CachedReply(
            text="".join(self._text),
            deployment=attempt.deployment,
            provider=attempt.provider,
            model=attempt.model_answered or attempt.deployment.partition("/")[2],
            finish_reason=finished.finish_reason,
            raw_finish_reason=finished.raw_finish_reason,
            citations=self._citations,
            input_tokens=attempt.usage.input_tokens,
            output_tokens=attempt.usage.output_tokens,
            usage_source=attempt.usage_source,
            cost_usd=attempt.cost_usd,
        )
        if self._leads:
            shared_calls.share(self._key, reply)
        self._writing = True
        task = asyncio.create_task(self._write(reply, ttl_s))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _write(self, reply: CachedReply, ttl_s: int) -> None:
        assert self._cache_use is not None
        try:
            await self._cache_use.cache.set_cached(self._key, reply, ttl_s=ttl_s)
        finally:
            if self._leads:
                shared_calls.end(self._key)


def _replay(decision: Decision, hit: CachedReply) -> list[RouteEvent]:
    decision.route.cache_hit = True
    decision.route.saved_usd = hit.cost_usd
    decision.route.attempts.clear()
    events: list[RouteEvent] = [FromCache(hit)]
    for start in range(0, len(hit.text), CHUNK_CHARACTERS):
        events.append(TextDelta(hit.text[start : start + CHUNK_CHARACTERS]))
    if hit.citations:
        events.append(Citations(hit.citations))
    return events
