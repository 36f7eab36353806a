"""One provider call: made, timed, counted, and remembered for the health of its deployment."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from weakref import WeakKeyDictionary

from routing.providers.base import Endpoint
from routing.providers.errors import ConcurrencyLimit, Cools, ProviderError, StreamCut, TimedOut
from routing.providers.messages import (
    ChatRequest,
    Deadlines,
    Finished,
    Message,
    Opened,
    ReasoningDelta,
    ReportedCost,
    StreamEvent,
    TextDelta,
)
from routing.providers.registry import WIRES
from routing.providers.usage import Usage
from routing.route import Attempt
from routing.services.breaker import Health
from routing.services.snapshot_types import DeploymentFacts, KeyFacts, Snapshot
from routing.services.token_track import note_tally, prices_of, tally


class Slots:
    """How many calls a deployment may have at once, in this process."""

    def __init__(self) -> None:
        self._by_loop: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[tuple[str, int], asyncio.Semaphore]
        ] = WeakKeyDictionary()

    @asynccontextmanager
    async def of(self, deployment: DeploymentFacts) -> AsyncIterator[None]:
        """Hold one for the length of a call. Raises ConcurrencyLimit after the deployment's own patience."""
        limit = deployment.max_concurrency
        if not limit:
            yield
            return
        known = self._by_loop.setdefault(asyncio.get_running_loop(), {})
        slot = known.setdefault((deployment.name, limit), asyncio.Semaphore(limit))
        try:
            async with asyncio.timeout(deployment.first_token_timeout_s):
                await slot.acquire()
        except TimeoutError:
            raise ConcurrencyLimit from None
        try:
            yield
        finally:
            slot.release()


slots = Slots()


class AttemptRunner:
    """Makes the calls of one request and keeps their attempts true."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        health: Health,
        stopwatch: Callable[[], int],
        started_at: datetime,
    ) -> None:
        self._snapshot = snapshot
        self._health = health
        self._stopwatch = stopwatch
        self._started_at = started_at
        self._sent = False

    async def call(
        self,
        attempt: Attempt,
        deployment: DeploymentFacts,
        messages: tuple[Message, ...],
        sent_tokens: int,
    ) -> AsyncGenerator[StreamEvent, None]:
        """The provider's events; when it ends, however it ends, the attempt says how.

        `sent_tokens` is the estimated size of `messages`. Raises ProviderError.
        """
        key = self._freshest_key(deployment)
        attempt.key = key.label if key else ""
        attempt.started_ms = self._stopwatch()
        self._sent = False
        generated: list[str] = []
        reported: Usage | None = None
        cost: ReportedCost | None = None
        try:
            async with aclosing(self._stream(deployment, key, messages)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        self._note_success(attempt, event, key)
                        self._close(attempt, event.usage, event.cost, sent_tokens, generated)
                    else:
                        self._note_progress(attempt, event, generated)
                    yield event
        except ProviderError as error:
            self._note_failure(attempt, error, key)
            reported, cost = error.usage, error.cost
            raise
        finally:
            if attempt.status == "started":
                attempt.status = "abandoned"  # stopped by the user, or the process drains
            if attempt.ended_ms is None:
                self._close(attempt, reported, cost, sent_tokens, generated)

    def _freshest_key(self, deployment: DeploymentFacts) -> KeyFacts | None:
        keys = self._snapshot.keys.get(deployment.provider, ())
        return min(keys, key=lambda key: self._health.key_rests_s(key.id), default=None)

    async def _stream(
        self, deployment: DeploymentFacts, key: KeyFacts | None, messages: tuple[Message, ...]
    ) -> AsyncGenerator[StreamEvent, None]:
        provider = WIRES[deployment.wire].make(
            Endpoint(
                base_url=deployment.base_url,
                api_key=key.value if key else "",
                deadlines=Deadlines(
                    first_token_s=deployment.first_token_timeout_s,
                    idle_s=deployment.idle_timeout_s,
                ),
            )
        )
        request = ChatRequest(
            model=deployment.model,
            messages=messages,
            max_output_tokens=deployment.max_output_tokens,
        )
        async with slots.of(deployment), aclosing(provider.stream(request)) as events:
            self._sent = True
            async for event in events:
                yield event

    def _note_progress(self, attempt: Attempt, event: StreamEvent, generated: list[str]) -> None:
        match event:
            case Opened():
                attempt.opened_ms = self._stopwatch()
            case TextDelta(text):
                if attempt.first_token_ms is None:
                    attempt.first_token_ms = self._stopwatch()
                attempt.reply_characters += len(text)
                attempt.reply_chunks += 1
                generated.append(text)
            case ReasoningDelta(text):
                generated.append(text)

    def _note_success(self, attempt: Attempt, finished: Finished, key: KeyFacts | None) -> None:
        attempt.status = "ok"
        attempt.finish_reason = finished.finish_reason
        attempt.raw_finish_reason = finished.raw_finish_reason
        attempt.truncated_reason = finished.truncated_reason or ""
        attempt.model_answered = finished.model
        self._health.succeeded(attempt.deployment, key.id if key else None)

    def _note_failure(self, attempt: Attempt, error: ProviderError, key: KeyFacts | None) -> None:
        attempt.status = "cut" if attempt.first_token_ms is not None else "failed"
        attempt.error = error.code
        attempt.http_status = error.status
        attempt.raw_finish_reason = error.raw_finish_reason
        if isinstance(error, TimedOut) and error.phase == "connect":
            self._sent = False
        if error.hurts_breaker:
            self._health.failed(attempt.deployment)
        if error.cools is Cools.KEY and key:
            self._health.cool_key(key.id)
        if error.cools is Cools.DEPLOYMENT:
            self._health.cool_deployment(attempt.deployment)

    def _close(
        self,
        attempt: Attempt,
        reported: Usage | None,
        cost: ReportedCost | None,
        sent_tokens: int,
        generated: list[str],
    ) -> None:
        """Note when it ended and what it cost."""
        attempt.ended_ms = self._stopwatch()
        if reported is None and not (self._sent and _was_accepted(attempt)):
            attempt.cost_usd, attempt.cost_source = Decimal(0), "computed"
            return
        at = self._started_at + timedelta(milliseconds=attempt.started_ms)
        result = tally(
            reported=reported,
            reported_cost=cost,
            prices=prices_of(self._snapshot.prices, attempt, at=at),
            at=at,
            sent_tokens=sent_tokens,
            generated="".join(generated),
            final=_had_its_last_word(attempt),
        )
        note_tally(attempt, result)


def _was_accepted(attempt: Attempt) -> bool:
    """Whether the provider may charge for it: it began to reply, or fell silent after taking it."""
    if attempt.opened_ms is not None or attempt.status in {"ok", "abandoned"}:
        return True
    return attempt.error in {TimedOut.code, StreamCut.code}


def _had_its_last_word(attempt: Attempt) -> bool:
    """Whether the vendor counted the whole call: it ended the stream itself and said why."""
    if attempt.status == "ok":
        return attempt.truncated_reason != "size_cap"
    return bool(attempt.raw_finish_reason) and attempt.error not in (TimedOut.code, StreamCut.code)
