"""What was decided for one request: the rungs that could be called, and their order."""

from collections.abc import Iterable, Iterator

import msgspec

from routing.route import Attempt, Route
from routing.services.context import Context, History, build_context
from routing.services.health import Outage
from routing.services.snapshot_types import DeploymentFacts, LadderFacts, Snapshot


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One rung that could be called."""

    rung: int
    """Its place in the ladder, from 0."""
    deployment: DeploymentFacts
    outage: Outage | None = None
    """Why it was out when the request was decided; None when it was not."""


def order_of_calls(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates in the order in which they would be called if each of them failed.

    First those that are not out, as the ladder has them; then, of those that are, the one nearest
    recovery, so that the last usable rung is never skipped; demo models by the same rule after both.
    """
    candidates = tuple(candidates)
    real = [candidate for candidate in candidates if not candidate.deployment.demo]
    demo = [candidate for candidate in candidates if candidate.deployment.demo]
    return (*_healthy_then_nearest(real), *_healthy_then_nearest(demo))


def _healthy_then_nearest(candidates: list[Candidate]) -> Iterator[Candidate]:
    yield from (candidate for candidate in candidates if candidate.outage is None)
    out = [(it.outage.remaining_s, it.rung, it) for it in candidates if it.outage is not None]
    if out:
        yield min(out)[2]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The decision on one request: what will be called, in which order, with which messages."""

    route: Route
    ladder: LadderFacts
    candidates: tuple[Candidate, ...]
    """The rungs that can serve at all, in order."""
    snapshot: Snapshot
    history: History
    prompt: str

    def context_for(self, deployment: DeploymentFacts) -> Context:
        """The messages that would be sent to this deployment."""
        return build_context(
            persona=self.snapshot.policy.persona,
            history=self.history,
            prompt=self.prompt,
            deployment=deployment,
        )

    def note_context(self, context: Context) -> None:
        """Record the size of a context on the route."""
        self.route.context_tokens = context.tokens
        self.route.context_turns = context.turns
        self.route.left_out_turns = context.left_out
        self.route.summarised_turns = context.summarised

    def order(self) -> tuple[Candidate, ...]:
        """The candidates in the order in which they would be called, as known at the decision."""
        return order_of_calls(self.candidates)

    def mark_first_attempt(self) -> None:
        """Record the first attempt as started, so that it can be stored before its call is made."""
        if order := self.order():
            self.route.attempts.append(new_attempt(self.route, order[0]))


def new_attempt(route: Route, candidate: Candidate) -> Attempt:
    """A new attempt of the route at this candidate, not yet called."""
    return Attempt(
        number=len(route.attempts) + 1,
        deployment=candidate.deployment.name,
        provider=candidate.deployment.provider,
        rung=candidate.rung,
        leg=sum(attempt.reply_characters > 0 for attempt in route.attempts),
    )
