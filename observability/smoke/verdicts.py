"""Judges an answer: one verdict for each thing that a case is checked for.

What cannot be judged says so and why: it never counts as passed.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from observability.models import SmokeCase, SmokeCheck
from observability.smoke.answer_checks import failure
from routing.route import Attempt, PlannedRung, Route

Verdict = Literal["passed", "failed", "not judged"]
NOBODY_ANSWERED = "there is no answer"
OK = 200


class Check(msgspec.Struct, frozen=True):
    """One verdict, and what it rests on in words."""

    name: str
    verdict: Verdict
    detail: str = ""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one case: over HTTP, and as the turn's record has it."""

    status: int
    code: str = ""
    """Why the turn failed; "" when it did not."""
    reply: str = ""
    intent: str = ""
    reason: str = ""
    route: Route | None = None
    latency_ms: int
    """As its asker met it."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the case had to meet besides what its row says."""

    answered_before: int
    """Earlier turns of this conversation that got an answer."""
    context_turns: int | None
    """How many of the last ones it leans on; None when one of them was never answered."""
    for_show: frozenset[str]
    """The deployments whose words are not judged."""


def judge(
    case: SmokeCase, checks: Sequence[SmokeCheck], answered: Answered, expected: Expected
) -> list[Check]:
    """All verdicts on one case, in the order in which they are read."""
    return [
        _status(answered),
        _intent(case, answered),
        _rung(case, answered),
        _answer(answered),
        _context(answered, expected),
        _latency(case, answered),
        _cost(case, answered),
        *_content(checks, answered, expected),
    ]


def cost_of(route: Route | None) -> tuple[Decimal, int]:
    """What all calls of a turn cost together (USD), and how many of them nobody can price."""
    costs = [attempt.cost_usd for attempt in route.attempts] if route else []
    return sum((cost for cost in costs if cost is not None), Decimal(0)), costs.count(None)


def who_answered(answered: Answered) -> Attempt | None:
    """The call whose words are the answer."""
    if answered.status != OK or answered.route is None or answered.route.cache_hit:
        return None
    return answered.route.answering


def _fine(name: str, fine: bool, detail: str) -> Check:
    return Check(name, "passed" if fine else "failed", detail)


def _status(answered: Answered) -> Check:
    code = f", {answered.code}" if answered.code else ""
    return _fine("status", answered.status == OK, f"HTTP {answered.status}{code}")


def _intent(case: SmokeCase, answered: Answered) -> Check:
    if not answered.intent:
        return Check("intent", "not judged", "the message was never routed")
    if answered.intent == case.intent:
        return Check("intent", "passed", answered.intent)
    why = f" ({answered.reason})" if answered.reason else ""
    return Check("intent", "failed", f"taken for {answered.intent} instead of {case.intent}{why}")


def _rung(case: SmokeCase, answered: Answered) -> Check:
    attempt, route = who_answered(answered), answered.route
    if attempt is None or route is None:
        if route is not None and route.cache_hit:
            return Check("rung", "failed", "the answer came from the reply cache")
        return Check("rung", "not judged", NOBODY_ANSWERED)
    who = f"{attempt.deployment} answered, rung {attempt.rung + 1} of {len(route.rungs)}"
    if case.answerer == SmokeCase.Answerer.NAMED:
        fine = attempt.deployment == case.deployment
        return _fine("rung", fine, who if fine else f"{who}; {case.deployment} had to")
    first = next(
        (
            place
            for place, rung in enumerate(route.rungs)
            if rung.unavailable or not rung.passed_over
        ),
        attempt.rung,
    )
    if case.answerer == SmokeCase.Answerer.ANY or attempt.rung == first:
        return Check("rung", "passed", who)
    return Check("rung", "failed", f"{who}; {_why_not(route.rungs[first], first, route)}")


def _why_not(rung: PlannedRung, place: int, route: Route) -> str:
    tried = [attempt for attempt in route.attempts if attempt.rung == place]
    if rung.unavailable and not tried:
        return f"{rung.deployment} stands before it and rests: {rung.passed_over}"
    outcome = f": {_outcome(tried[-1])}" if tried else " and was not asked"
    return f"{rung.deployment} stands before it{outcome}"


def _outcome(attempt: Attempt) -> str:
    http = f", HTTP {attempt.http_status}" if attempt.http_status else ""
    return f"{attempt.error or attempt.status}{http}"


def _answer(answered: Answered) -> Check:
    if answered.reply.strip():
        return Check("answer", "passed", f"{len(answered.reply.split())} words")
    calls = answered.route.attempts if answered.route else []
    outcomes = "; ".join(f"{attempt.deployment}: {_outcome(attempt)}" for attempt in calls)
    return Check("answer", "failed", f"no words came ({outcomes or 'nobody was asked'})")


def _context(answered: Answered, expected: Expected) -> Check:
    route = answered.route
    if route is None or not route.attempts:
        return Check("context", "not judged", "nobody was asked")
    sent, before = route.context_turns, expected.answered_before
    if before == 0:
        words = "nothing was said before"
        return _fine("context", sent == 0, words if sent == 0 else f"{sent} turns of elsewhere")
    if expected.context_turns is None:
        return Check("context", "not judged", "what it asks about was never answered")
    words = f"{sent} of {before} earlier turns were sent"
    if route.summarised_turns:
        words += f", {route.summarised_turns} as a summary"
    fine = expected.context_turns <= sent <= before
    if not fine:
        words += f"; it leans on the last {expected.context_turns}"
    return _fine("context", fine, words)


def _latency(case: SmokeCase, answered: Answered) -> Check:
    fine = answered.latency_ms <= case.latency_limit_ms
    took = f"{answered.latency_ms:,} ms"
    return _fine("latency", fine, took if fine else f"{took}; at most {case.latency_limit_ms:,}")


def _cost(case: SmokeCase, answered: Answered) -> Check:
    if answered.route is None:
        return Check("cost", "not judged", "the message was never routed")
    cost, unpriced = cost_of(answered.route)
    if cost > case.cost_limit_usd:
        return Check("cost", "failed", f"${cost:f}; at most ${case.cost_limit_usd:f}")
    if unpriced:
        return Check("cost", "not judged", f"no price is known for {unpriced} of its calls")
    return Check("cost", "passed", f"${cost.normalize():f}")


def _content(
    checks: Sequence[SmokeCheck], answered: Answered, expected: Expected
) -> Iterator[Check]:
    attempt = who_answered(answered)
    for check in checks:
        if attempt is None or not answered.reply.strip():
            yield Check(str(check), "not judged", NOBODY_ANSWERED)
        elif attempt.deployment in expected.for_show:
            words = f"{attempt.deployment} is for show: what it says is not judged"
            yield Check(str(check), "not judged", words)
        else:
            why = failure(check.kind, check.value, answered.reply)
            yield _fine(str(check), not why, why)
