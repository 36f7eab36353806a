"""The door: a decision goes in, a reply streams out. From the reply cache, or by a climb.

Chats and summaries come through here alike; who they are is their own business.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

import msgspec

from routing.providers.messages import Citation, Citations, Finished, TextDelta
from routing.route import Attempt
from routing.services.attempt import AttemptRunner
from routing.services.breaker import Health
from routing.services.decision import Decision
from routing.services.ladder import Answered, Answering, Climb, OnAttempt
from routing.services.response_cache import (
    CachedReply,
    Owner,
    ResponseCache,
    make_cache_key,
)

CHUNK_CHARACTERS = 400


class FromCache(msgspec.Struct, frozen=True):
    """The reply that follows was given before."""

    reply: CachedReply


RouteEvent = FromCache | Answering | TextDelta | Citations | Answered


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reply may be looked up and kept, and for whom."""

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
) -> AsyncGenerator[RouteEvent, None]:
    """Answer one request, as decided; the decision's route says afterwards what happened.

    `stopwatch` gives milliseconds since the request came, `started_at` is that moment (UTC, for the
    price in force). Raises LadderExhausted. Closing the generator ends the call to the provider.
    """
    key = _cache_key(decision, cache_use)
    if cache_use and key and not cache_use.fresh:
        decision.route.cache_asked_ms = stopwatch()
        hit = await cache_use.cache.get_cached(key)
        decision.route.cache_answered_ms = stopwatch()
        if hit:
            for event in _replay(decision, hit):
                yield event
            return
    caller = AttemptRunner(
        snapshot=decision.snapshot, health=health, stopwatch=stopwatch, started_at=started_at
    )
    climb = Climb(decision=decision, caller=caller, health=health, on_attempt=on_attempt)
    text: list[str] = []
    citations: tuple[Citation, ...] = ()
    async with aclosing(climb.events()) as events:
        async for event in events:
            match event:
                case Answering():
                    text, citations = [], ()
                case TextDelta(piece):
                    text.append(piece)
                case Citations(items):
                    citations = items
                case Answered(attempt, finished):
                    if cache_use and key and _is_whole(finished):
                        reply = _to_keep("".join(text), citations, attempt, finished)
                        await cache_use.cache.set_cached(
                            key, reply, ttl_s=decision.ladder.cache_ttl_s
                        )
            yield event


def _cache_key(decision: Decision, cache_use: CacheUse | None) -> str:
    """The key of this request's reply; "" when its ladder keeps none or nobody could answer."""
    ladder, candidates = decision.ladder, decision.reachable()
    if cache_use is None or not ladder.cache_ttl_s or not candidates:
        return ""
    return make_cache_key(
        cache_use.owner.thread,
        decision.prompt,
        decision.route.intent,
        owner=cache_use.owner,
        scope=ladder.cache_scope,
        policy_version=decision.route.policy_version,
        context=decision.context_for(candidates[0].deployment).messages,
        ladder=ladder.rungs,
    )


def _is_whole(finished: Finished) -> bool:
    return finished.finish_reason == "stop" and finished.truncated_reason is None


def _to_keep(
    text: str, citations: tuple[Citation, ...], attempt: Attempt, finished: Finished
) -> CachedReply:
    return CachedReply(
        text=text,
        deployment=attempt.deployment,
        provider=attempt.provider,
        model=attempt.model_answered or attempt.deployment.partition("/")[2],
        finish_reason=finished.finish_reason,
        raw_finish_reason=finished.raw_finish_reason,
        citations=citations,
        input_tokens=attempt.usage.input_tokens,
        output_tokens=attempt.usage.output_tokens,
        usage_source=attempt.usage_source,
        cost_usd=attempt.cost_usd,
    )


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
