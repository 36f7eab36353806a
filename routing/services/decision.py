"""What was decided, ready to be climbed."""

import msgspec

from routing.route import Attempt, Route
from routing.services.context import Context, History, build_context
from routing.services.snapshot_types import DeploymentFacts, LadderFacts, Snapshot


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One rung that could be called."""

    rung: int
    """Its place in the ladder, from 0."""
    deployment: DeploymentFacts
    unavailable: bool
    """Out just now: called only when every rung is."""
    retry_in_s: float
    """Seconds until it is back; 0 when it is not out."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What will be tried, in which order, with what."""

    route: Route
    ladder: LadderFacts
    candidates: tuple[Candidate, ...]
    """The rungs that can serve at all, in order."""
    snapshot: Snapshot
    history: History
    prompt: str

    def context_for(self, deployment: DeploymentFacts) -> Context:
        """The messages that this deployment would be sent."""
        return build_context(
            persona=self.snapshot.policy.persona,
            history=self.history,
            prompt=self.prompt,
            deployment=deployment,
        )

    def note_context(self, context: Context) -> None:
        """Write a context's size onto the route."""
        self.route.context_tokens = context.tokens
        self.route.context_turns = context.turns
        self.route.left_out_turns = context.left_out
        self.route.summarised_turns = context.summarised

    def reachable(self) -> tuple[Candidate, ...]:
        """The candidates to try, in order: those that are not out, then the one nearest recovery.

        So the last usable rung is never skipped: with all of them out, one is asked all the same.
        """
        awake = tuple(candidate for candidate in self.candidates if not candidate.unavailable)
        unavailable = [candidate for candidate in self.candidates if candidate.unavailable]
        nearest = min(unavailable, key=lambda candidate: candidate.retry_in_s, default=None)
        return (*awake, nearest) if nearest else awake

    def mark_first_attempt(self) -> None:
        """Note the first attempt as started, so that it is durable before its call is made."""
        if reachable := self.reachable():
            self.route.attempts.append(new_attempt(self.route, reachable[0]))


def new_attempt(route: Route, candidate: Candidate) -> Attempt:
    """The next attempt of a route, at one candidate, not yet called."""
    return Attempt(
        number=len(route.attempts) + 1,
        deployment=candidate.deployment.name,
        provider=candidate.deployment.provider,
        rung=candidate.rung,
        leg=sum(attempt.reply_characters > 0 for attempt in route.attempts),
    )
