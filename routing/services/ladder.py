"""Climb: ask the rungs in turn until one of them has answered. The only retry loop of the house.

No database, no HTTP: it obeys the remedies of `routing.providers.errors`, within the policy's number
of calls, and keeps every attempt on the route.
"""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import anyio
import msgspec

from routing.providers.errors import (
    ContentFiltered,
    Delayed,
    InvalidRequest,
    ProviderError,
    Remedy,
)
from routing.providers.messages import Citations, Finished, TextDelta
from routing.route import Attempt, Route
from routing.services.attempt import AttemptRunner
from routing.services.breaker import Health
from routing.services.decision import Candidate, Decision, new_attempt

BACKOFF_S = 0.2
OUR_PARAMETERS = {"temperature", "max_tokens", "max_completion_tokens", "max_output_tokens"}
"""What wires add to a request by themselves: refused by one vendor, another may take it."""


class Answering(msgspec.Struct, frozen=True):
    """This attempt's first words follow; what an earlier one said no longer stands."""

    attempt: Attempt
    broke_off: str = ""
    """The error of the leg whose words it replaces; "" when none were shown."""


class Answered(msgspec.Struct, frozen=True):
    """The reply is whole, or as whole as it gets."""

    attempt: Attempt
    finished: Finished


ClimbEvent = Answering | TextDelta | Citations | Answered
OnAttempt = Callable[[Route], Awaitable[None]]


class LadderExhausted(Exception):
    """Nobody gave a whole answer; `code` says why, in the terms of the `failed` frame."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Climb:
    """One climb of one ladder."""

    def __init__(
        self, *, decision: Decision, caller: AttemptRunner, health: Health, on_attempt: OnAttempt
    ) -> None:
        """`on_attempt` is awaited before every call but the first, which the decision's caller has
        made durable already."""
        self._decision = decision
        self._route = decision.route
        self._policy = decision.snapshot.policy
        self._caller = caller
        self._health = health
        self._on_attempt = on_attempt
        self._steps = decision.reachable()
        self._tried: set[int] = set()
        self._retried: set[int] = set()
        self._waited_s = 0.0
        self._shown_by = ""
        """The error that broke off the words now on the screen; "" when none are."""

    async def events(self) -> AsyncGenerator[ClimbEvent, None]:
        """The reply as it arrives. Raises LadderExhausted."""
        if not self._steps:
            raise LadderExhausted(self._route.unusable)
        candidate = self._steps[0]
        while True:
            attempt = await self._begin(candidate)
            try:
                async with aclosing(self._ask(candidate, attempt)) as events:
                    async for event in events:
                        yield event
                return
            except ProviderError as error:
                if attempt.first_token_ms is not None:
                    candidate = self._after_break(candidate, error)
                else:
                    candidate = await self._after_failure(candidate, error)

    async def _begin(self, candidate: Candidate) -> Attempt:
        self._tried.add(candidate.rung)
        attempts = self._route.attempts
        if not attempts or attempts[-1].status != "started":
            attempts.append(new_attempt(self._route, candidate))
        if len(attempts) > 1:
            await self._on_attempt(self._route)
        return attempts[-1]

    async def _ask(
        self, candidate: Candidate, attempt: Attempt
    ) -> AsyncGenerator[ClimbEvent, None]:
        """One rung's answer. Raises ProviderError."""
        context = self._decision.context_for(candidate.deployment)
        self._decision.note_context(context)
        answering = False
        known: Citations | None = None
        calling = self._caller.call(attempt, candidate.deployment, context.messages, context.tokens)
        async with aclosing(calling) as events:
            async for event in events:
                if not answering and isinstance(event, TextDelta | Finished):
                    answering = True
                    yield Answering(attempt, self._shown_by)
                    self._shown_by = ""
                    if known is not None:
                        yield known
                if isinstance(event, Finished):
                    yield Answered(attempt, event)
                elif isinstance(event, TextDelta):
                    yield event
                elif isinstance(event, Citations):
                    known = event  # searches come before the words that cite them
                    if answering:
                        yield event

    def _after_break(self, candidate: Candidate, error: ProviderError) -> Candidate:
        """Where to go after words were shown. Raises LadderExhausted when they must stand."""
        self._shown_by = error.code
        remedy = self._remedy(error)
        if remedy is Remedy.STOP:
            raise LadderExhausted(error.code)
        if self._decision.ladder.on_break == "interrupt":
            raise LadderExhausted("interrupted")
        following = self._next(candidate)
        again = remedy is Remedy.RETRY and candidate.rung not in self._retried
        if following is None and again and self._calls_left() > 0:
            self._retried.add(candidate.rung)
            following = candidate
        if following is None:
            raise LadderExhausted("interrupted")
        return following

    async def _after_failure(self, candidate: Candidate, error: ProviderError) -> Candidate:
        """Where to go when nothing of this attempt was shown. Raises LadderExhausted."""
        match self._remedy(error):
            case Remedy.STOP:
                raise LadderExhausted(self._failure(error.code))
            case Remedy.LARGER:
                following = self._next(candidate, larger_than=candidate.deployment.context_window)
                if following is None:
                    raise LadderExhausted(self._failure(error.code))
            case Remedy.RETRY if await self._may_retry(candidate, error):
                following = candidate
            case _:
                following = self._next(candidate)
        if following is None:
            raise LadderExhausted(self._failure("providers_unavailable"))
        return following

    def _remedy(self, error: ProviderError) -> Remedy:
        if isinstance(error, ContentFiltered) and self._policy.reroute_filtered:
            return Remedy.NEXT
        if isinstance(error, InvalidRequest) and error.param in OUR_PARAMETERS:
            return Remedy.NEXT
        return error.remedy

    def _failure(self, code: str) -> str:
        return "interrupted" if self._shown_by else code

    def _calls_left(self) -> int:
        return self._policy.max_calls - len(self._route.attempts)

    def _next(self, candidate: Candidate, *, larger_than: int = 0) -> Candidate | None:
        """The next untried candidate; with one call left the last one, so that it gets its chance."""
        left = [
            other
            for other in self._steps
            if other.rung not in self._tried and other.deployment.context_window > larger_than
        ]
        if not left or self._calls_left() <= 0:
            return None
        if self._calls_left() > 1:
            return left[0]
        return next((other for other in reversed(left) if not other.unavailable), left[-1])

    async def _may_retry(self, candidate: Candidate, error: ProviderError) -> bool:
        """Whether to ask the same rung once more; waits as long as the vendor wants, if patient."""
        wished = error.retry_after_s if isinstance(error, Delayed) else None
        if wished is not None and self._waited_s + wished > self._policy.patience_s:
            self._health.cool_deployment(candidate.deployment.name, wished)
            return False
        if candidate.rung in self._retried or self._calls_left() <= 0:
            return False
        if self._calls_left() == 1 and self._next(candidate) is not None:
            return False
        self._retried.add(candidate.rung)
        delay = wished if wished is not None else BACKOFF_S * random.uniform(0.5, 1.5)
        self._waited_s += delay
        await anyio.sleep(delay)
        return True
