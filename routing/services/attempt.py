"""Makes one provider call, times and counts it, and tells the health of its deployment and key."""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from routing.providers.base import Endpoint
from routing.providers.errors import (
    EmptyAnswer,
    ProtocolViolated,
    ProviderError,
    StreamCut,
    TimedOut,
)
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
from routing.services.concurrency import slots
from routing.services.health import Health
from routing.services.snapshot_types import DeploymentFacts, KeyFacts, PriceFacts
from routing.services.token_track import note_tally, prices_of, tally

logger = logging.getLogger(__name__)
Prices = Mapping[tuple[str, str], Sequence[PriceFacts]]


class CallSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What one call sends, and to which deployment with which key."""

    deployment: DeploymentFacts
    key: KeyFacts | None
    messages: tuple[Message, ...]
    tokens: int
    """The estimated size of `messages`."""
    web_search: bool = False
    turn_s: float | None = None
    """Seconds until the call must have ended; None: no limit."""


class AttemptRunner:
    """Makes the calls of one request and records each on its attempt."""

    def __init__(
        self,
        *,
        prices: Prices,
        health: Health,
        stopwatch: Callable[[], int],
        started_at: datetime,
    ) -> None:
        """Take prices, health and time; `stopwatch`: milliseconds since `started_at` (UTC)."""
        self._prices = prices
        self._health = health
        self._stopwatch = stopwatch
        self._started_at = started_at
        self._sent = False

    async def call(self, attempt: Attempt, spec: CallSpec) -> AsyncGenerator[StreamEvent, None]:
        """Make one call and yield its events; however it ends, the attempt records how.

        Raises ProviderError.
        """
        attempt.key = spec.key.label if spec.key else ""
        attempt.started_ms = self._stopwatch()
        self._sent = False
        generated: list[str] = []
        reported: Usage | None = None
        cost: ReportedCost | None = None
        in_flight = self._health.begin(attempt.deployment, spec.key.id if spec.key else None)
        try:
            async with aclosing(_from_first_word(self._stream(spec))) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        _note_success(attempt, event)
                        self._health.succeeded(in_flight)
                        self._close(attempt, event.usage, event.cost, spec.tokens, generated)
                    else:
                        self._note_progress(attempt, event, generated)
                    yield event
        except ProviderError as error:
            if attempt.status == "started":
                self._note_failure(attempt, error)
                if isinstance(error, TimedOut) and error.phase == "turn":
                    self._health.abandoned(in_flight)  # our own limit says nothing of the vendor
                else:
                    self._health.failed(in_flight, error)
            reported, cost = error.usage, error.cost
            raise
        finally:
            if attempt.status == "started":
                attempt.status = "abandoned"  # stopped by the user, or the process drains
                self._health.abandoned(in_flight)
            if attempt.ended_ms is None:
                self._close(attempt, reported, cost, spec.tokens, generated)

    async def _stream(self, spec: CallSpec) -> AsyncGenerator[StreamEvent, None]:
        """The wire's events. Raises ProviderError, whatever the wire raises."""
        deployment = spec.deployment
        try:
            async with slots.of(deployment), aclosing(self._of_wire(spec)) as events:
                self._sent = True
                async for event in events:
                    yield event
        except ProviderError:
            raise
        except Exception as error:
            # Neither chained nor logged with its text, which may hold the prompt or the key.
            name = type(error).__name__
            logger.error("The wire %s failed with %s", deployment.wire, name)
            raise ProtocolViolated(f"unexpected {name}") from None

    def _of_wire(self, spec: CallSpec) -> AsyncGenerator[StreamEvent, None]:
        deployment = spec.deployment
        provider = WIRES[deployment.wire].make(
            Endpoint(
                base_url=deployment.base_url,
                api_key=spec.key.value if spec.key else "",
                deadlines=Deadlines(
                    first_token_s=deployment.first_token_timeout_s,
                    thinking_s=deployment.thinking_timeout_s,
                    idle_s=deployment.idle_timeout_s,
                    turn_s=spec.turn_s,
                ),
                without=self._health.refused_parameters(deployment.name),
            )
        )
        request = ChatRequest(
            model=deployment.model,
            messages=spec.messages,
            web_search=spec.web_search,
            thinks=deployment.thinking_timeout_s > deployment.first_token_timeout_s,
            max_output_tokens=deployment.max_output_tokens,
        )
        return provider.stream(request)

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

    def _note_failure(self, attempt: Attempt, error: ProviderError) -> None:
        attempt.status = "cut" if attempt.first_token_ms is not None else "failed"
        attempt.error = error.code
        attempt.http_status = error.status
        attempt.raw_finish_reason = error.raw_finish_reason
        if isinstance(error, TimedOut) and error.phase == "connect":
            self._sent = False

    def _close(
        self,
        attempt: Attempt,
        reported: Usage | None,
        cost: ReportedCost | None,
        sent_tokens: int,
        generated: list[str],
    ) -> None:
        """Record when the call ended and what it cost."""
        attempt.ended_ms = self._stopwatch()
        if reported is None and not (self._sent and _was_accepted(attempt)):
            attempt.cost_usd, attempt.cost_source = Decimal(0), "computed"
            return
        at = self._started_at + timedelta(milliseconds=attempt.started_ms)
        result = tally(
            reported=reported,
            reported_cost=cost,
            prices=prices_of(self._prices, attempt, at=at),
            at=at,
            sent_tokens=sent_tokens,
            generated="".join(generated),
            final=_had_its_last_word(attempt),
        )
        note_tally(attempt, result)


async def _from_first_word(
    events: AsyncGenerator[StreamEvent, None],
) -> AsyncGenerator[StreamEvent, None]:
    """The events, with leading white space held back until a visible word follows.

    Raises EmptyAnswer, with what was billed for it, when none does.
    """
    spoke, blank = False, ""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Finished) and not spoke:
                empty = EmptyAnswer("no visible text", in_band=True)
                empty.usage, empty.cost = event.usage, event.cost
                empty.raw_finish_reason = event.raw_finish_reason
                raise empty
            if isinstance(event, TextDelta) and not spoke:
                blank += event.text
                if not blank.strip():
                    continue
                spoke, event = True, TextDelta(blank)
            yield event


def _note_success(attempt: Attempt, finished: Finished) -> None:
    attempt.status = "ok"
    attempt.finish_reason = finished.finish_reason
    attempt.raw_finish_reason = finished.raw_finish_reason
    attempt.truncated_reason = finished.truncated_reason or ""
    attempt.model_answered = finished.model


def _was_accepted(attempt: Attempt) -> bool:
    """Whether the provider may charge for the call: it began to reply, or fell silent afterwards."""
    if attempt.opened_ms is not None or attempt.status in {"ok", "abandoned"}:
        return True
    return attempt.error in {TimedOut.code, StreamCut.code}


def _had_its_last_word(attempt: Attempt) -> bool:
    """Whether the vendor counted the whole call: it ended the stream itself and said why."""
    if attempt.status == "ok":
        return attempt.truncated_reason != "size_cap"
    return bool(attempt.raw_finish_reason) and attempt.error not in (TimedOut.code, StreamCut.code)
