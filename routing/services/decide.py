"""Decides a request: its intent, its ladder, and which rungs can serve; calls nobody.

`decide` alone is the dry run behind "Try a message"; `route_and_call` carries its decision out.
"""

import msgspec

from routing.intents import FALLBACK_INTENT, Detection, Evidence
from routing.route import IntentScore, PlannedRung, Route
from routing.services.context import History, fits
from routing.services.decision import Candidate, Decision
from routing.services.health import Health
from routing.services.snapshot_types import LadderFacts, Snapshot

TOO_LONG = "the message is too long for its window"


def decide(
    *,
    snapshot: Snapshot,
    health: Health,
    prompt: str,
    history: History,
    wanted: str | None = None,
    ladder: str | None = None,
) -> Decision:
    """Decide one request; reads nothing but its arguments and changes nothing.

    `wanted` is a deployment that the user asked for by name: it alone is tried. `ladder` names a
    ladder for requests that are no chat (summaries): no intent is detected then.
    """
    detection = None
    if ladder is None:
        detection = snapshot.detector.detect(prompt, previous_intent=history.last_intent)
    chosen = _ladder_for(snapshot, ladder or (detection.intent if detection else FALLBACK_INTENT))
    if wanted is not None:
        chosen = msgspec.structs.replace(chosen, rungs=(wanted,))
    planned, candidates = _plan(snapshot, health, chosen, prompt)
    route = Route(
        intent=detection.intent if detection else "",
        reason=_reason(snapshot, detection, wanted),
        policy_version=snapshot.policy.version,
        ladder=chosen.name,
        scores=_scores(detection),
        rungs=planned,
        unusable="" if candidates else _why_nobody(planned),
    )
    decision = Decision(
        route=route,
        ladder=chosen,
        candidates=candidates,
        snapshot=snapshot,
        history=history,
        prompt=prompt,
    )
    if order := decision.order():
        decision.note_context(decision.context_for(order[0].deployment))
    return decision


def _ladder_for(snapshot: Snapshot, name: str) -> LadderFacts:
    ladders = snapshot.policy.ladders
    return ladders.get(name) or ladders[FALLBACK_INTENT]


def _plan(
    snapshot: Snapshot, health: Health, ladder: LadderFacts, prompt: str
) -> tuple[tuple[PlannedRung, ...], tuple[Candidate, ...]]:
    planned: list[PlannedRung] = []
    candidates: list[Candidate] = []
    for rung, name in enumerate(ladder.rungs):
        deployment = snapshot.deployments.get(name)
        if deployment is None:
            planned.append(
                PlannedRung(deployment=name, label=name, provider="", passed_over="it was removed")
            )
            continue
        cannot = deployment.disabled
        if not cannot and not fits(
            persona=snapshot.policy.persona, prompt=prompt, deployment=deployment
        ):
            cannot = TOO_LONG
        keys = snapshot.keys.get(deployment.provider, ()) if deployment.needs_key else ()
        outage = health.outage(name, [key.id for key in keys])
        planned.append(
            PlannedRung(
                deployment=name,
                label=deployment.label,
                provider=deployment.provider_name,
                passed_over=cannot or (outage.words if outage else ""),
                unavailable=outage is not None and not cannot,
                demo=deployment.demo,
            )
        )
        if not cannot:
            candidates.append(Candidate(rung=rung, deployment=deployment, outage=outage))
    return tuple(planned), tuple(candidates)


def _why_nobody(planned: tuple[PlannedRung, ...]) -> str:
    """The failure's code when no rung can serve."""
    if any(rung.passed_over == TOO_LONG for rung in planned):
        return "context_length"
    return "providers_unavailable"


def _scores(detection: Detection | None) -> tuple[IntentScore, ...]:
    if detection is None:
        return ()
    return tuple(
        IntentScore(
            score.intent,
            round(score.score, 4),
            tuple(_piece(piece) for piece in score.evidence),
        )
        for score in detection.scores
    )


def _piece(evidence: Evidence) -> str:
    return f"{evidence.rule}: {evidence.matched}" if evidence.matched else evidence.rule


def _reason(snapshot: Snapshot, detection: Detection | None, wanted: str | None) -> str:
    if detection is None:
        return ""
    if wanted is not None:
        return "the model you asked for"
    label = snapshot.policy.intent_labels.get(detection.intent, detection.intent)
    return f"{label}: {detection.reason}" if detection.reason else label
