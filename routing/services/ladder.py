"""Climbs a ladder: calls its rungs in turn until one of them has answered.

The only retry loop. No database, no HTTP: it obeys the remedies of `routing.providers.errors`, asks
`routing.services.next_rung` where to go, and keeps every attempt on the route.
"""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import NoReturn

import anyio

from routing.providers.errors import (
    ContentFiltered,
    ContextTooLong,
    Delayed,
    InvalidRequest,
    ProviderError,
    RateLimited,
    Remedy,
    TimedOut,
    Unreachable,
)
from routing.providers.messages import Finished
from routing.route import Attempt, GaveUp, Route
from routing.services.attempt import AttemptRunner, CallSpec
from routing.services.climb_events import ClimbEvent, Speaker
from routing.services.decision import Candidate, Decision, new_attempt
from routing.services.health import Health
from routing.services.next_rung import Rungs
from routing.services.snapshot_types import Snapshot

BACKOFF_S = 0.2
OWN_NETWORK_PAUSE_S = 0.4
"""The first pause when nobody can be reached; it doubles, and the last one uses up the patience."""


OnAttempt = Callable[[Route], Awaitable[None]]


class LadderExhausted(Exception):
    """No rung gave a whole answer; `code` says why, as in the `failed` frame."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Climb:
    """Calls the rungs of one ladder for one request."""

    def __init__(
        self,
        *,
        decision: Decision,
        runner: AttemptRunner,
        health: Health,
        on_attempt: OnAttempt,
        supply: Callable[[], Snapshot],
        stopwatch: Callable[[], int],
    ) -> None:
        """Take what the climb needs.

        `on_attempt` is awaited before every call but the first, which the decision's caller has
        stored already. `supply` gives the keys and deployments as they are now; `stopwatch` the
        milliseconds since the request came.
        """
        self._decision = decision
        self._route = decision.route
        self._policy = decision.snapshot.policy
        self._runner = runner
        self._health = health
        self._on_attempt = on_attempt
        self._stopwatch = stopwatch
        self._rungs = Rungs(decision=decision, health=health, supply=supply)
        self._retried: set[int] = set()
        self._waited_s = 0.0
        self._refused_by: set[str] = set()
        """Vendors that refused the message as it is."""
        self._shown_by = ""
        """The error that broke off the words now on the screen; "" when none are."""

    async def events(self) -> AsyncGenerator[ClimbEvent, None]:
        """Yield the reply as it arrives. Raises LadderExhausted."""
        candidate = self._rungs.next() or self._rungs.next_demo()
        if candidate is None:
            raise LadderExhausted(self._route.unusable or "providers_unavailable")
        while True:
            attempt = await self._begin(candidate)
            try:
                async with aclosing(self._ask(candidate, attempt)) as events:
                    async for event in events:
                        yield event
                return
            except ProviderError as error:
                if attempt.first_token_ms is not None:
                    self._shown_by = error.code
                candidate = await self._after(candidate, error)

    async def _begin(self, candidate: Candidate) -> Attempt:
        self._rungs.note_call(candidate)
        attempts = self._route.attempts
        noted = attempts[-1] if attempts and attempts[-1].status == "started" else None
        if noted is not None and noted.rung == candidate.rung:
            return noted
        if noted is not None:  # it was planned at a rung that is out by now
            attempts.pop()
        attempts.append(new_attempt(self._route, candidate))
        await self._on_attempt(self._route)
        return attempts[-1]

    async def _ask(
        self, candidate: Candidate, attempt: Attempt
    ) -> AsyncGenerator[ClimbEvent, None]:
        """Call one rung and yield its answer. Raises ProviderError."""
        context = self._decision.context_for(candidate.deployment)
        self._decision.note_context(context)
        spec = CallSpec(
            deployment=candidate.deployment,
            key=self._rungs.choose_key(candidate),
            messages=context.messages,
            tokens=context.tokens,
            web_search=self._decision.ladder.web_search,
            turn_s=self._turn_left_s(),
        )
        speaker = Speaker(attempt, self._shown_by)
        async with aclosing(self._runner.call(attempt, spec)) as events:
            async for event in events:
                for told in speaker.tell(event):
                    yield told
                if speaker.speaks:
                    self._shown_by = ""
                if self._turn_left_s() <= 0 and not isinstance(event, Finished):
                    raise TimedOut("turn")

    def _turn_left_s(self) -> float:
        return self._policy.turn_limit_s - self._stopwatch() / 1000

    async def _after(self, candidate: Candidate, error: ProviderError) -> Candidate:
        """The rung to call after a failed call. Raises LadderExhausted."""
        if self._turn_left_s() <= 0 or (isinstance(error, TimedOut) and error.phase == "turn"):
            self._give_up("turn_limit", "interrupted")
        remedy = self._remedy(candidate, error)
        if remedy is Remedy.STOP:
            self._give_up("final", error.code)
        if self._shown_by and self._decision.ladder.on_break == "interrupt":
            self._give_up("kept", "interrupted")
        following = await self._same_rung_again(candidate, error, remedy)
        following = following or self._next(candidate, error, remedy)
        if following is None and remedy is Remedy.RETRY and self._shown_by:
            following = self._once_more(candidate)
        if following is None and not self._shown_by:
            following = await self._outlast_own_network() or self._rungs.next_demo()
        if following is None:
            self._give_up(self._rungs.why_no_more, self._code_of(error))
        return following

    def _remedy(self, candidate: Candidate, error: ProviderError) -> Remedy:
        if isinstance(error, ContentFiltered) and self._policy.reroute_filtered:
            return Remedy.NEXT
        if isinstance(error, InvalidRequest) and error.remedy is Remedy.NEXT:
            self._refused_by.add(candidate.deployment.provider)
            # Two vendors agree that it is the message; one alone may be wrong about it.
            return Remedy.STOP if len(self._refused_by) > 1 else Remedy.NEXT
        return error.remedy

    async def _same_rung_again(
        self, candidate: Candidate, error: ProviderError, remedy: Remedy
    ) -> Candidate | None:
        """The same rung, if the remedy says so and calls are left; waits as long as the vendor asks."""
        if self._shown_by:
            return None  # another rung first: this one has just broken off
        match remedy:
            case Remedy.ADAPT if self._rungs.calls_left_at_most > self._rungs.healthy_left():
                return self._rungs.again(candidate)
            case Remedy.OTHER_KEY if self._rungs.has_another_key(candidate):
                return self._rungs.again(candidate)
            case Remedy.RETRY:
                return await self._retry(candidate, error)
        return None

    async def _retry(self, candidate: Candidate, error: ProviderError) -> Candidate | None:
        wished = error.retry_after_s if isinstance(error, Delayed) else None
        another_key = isinstance(error, RateLimited) and self._rungs.has_another_key(candidate)
        if wished is not None and self._waited_s + wished > self._policy.patience_s:
            self._health.cool_deployment(candidate.deployment.name, wished)
            return None
        if not self._may_retry(candidate):
            return None
        self._retried.add(candidate.rung)
        if not another_key:
            delay = wished if wished is not None else BACKOFF_S * random.uniform(0.5, 1.5)
            self._waited_s += delay
            await anyio.sleep(delay)
        return self._rungs.again(candidate)

    def _may_retry(self, candidate: Candidate) -> bool:
        """Whether the rung was not retried yet and calls are left for every untried healthy rung."""
        return (
            candidate.rung not in self._retried
            and self._rungs.calls_left > self._rungs.healthy_left()
        )

    def _once_more(self, candidate: Candidate) -> Candidate | None:
        """The same rung after it broke off in its answer, for when there is no other."""
        if candidate.rung in self._retried or self._rungs.calls_left <= 0:
            return None
        self._retried.add(candidate.rung)
        return self._rungs.again(candidate)

    def _next(self, candidate: Candidate, error: ProviderError, remedy: Remedy) -> Candidate | None:
        if remedy is Remedy.LARGER:
            self._rungs.need_window_above(candidate.deployment.context_window)
        if remedy is Remedy.LONGER:
            longer = self._rungs.next(longer_than=candidate.deployment.max_output_tokens)
            if longer is not None:
                return longer
        return self._rungs.next()

    async def _outlast_own_network(self) -> Candidate | None:
        """Wait and try a rung again if none could be reached: then our own network is likely down."""
        rest = self._policy.patience_s - self._waited_s
        if rest <= 0 or not self._rungs.calls_left_at_most:
            return None
        if not all(self._is_unreachable(attempt) for attempt in self._route.attempts):
            return None
        pause = min(rest, max(OWN_NETWORK_PAUSE_S, self._waited_s))
        if self._rungs.calls_left_at_most == 1:
            pause = rest
        self._waited_s += pause
        await anyio.sleep(pause)
        return self._rungs.any_again()

    def _is_unreachable(self, attempt: Attempt) -> bool:
        return attempt.opened_ms is None and attempt.error == Unreachable.code

    def _code_of(self, error: ProviderError) -> str:
        """The code of the failure that the user is told when no rung is left."""
        if isinstance(error, ContextTooLong):
            return error.code
        errors = {attempt.error for attempt in self._route.attempts}
        if errors <= {InvalidRequest.code}:
            return InvalidRequest.code
        return "providers_unavailable"

    def _give_up(self, why: GaveUp, code: str) -> NoReturn:
        self._route.gave_up = why
        raise LadderExhausted("interrupted" if self._shown_by else code)
