"""Reads the policy's tables as content, and sets them to a content.

The tables are what staff edit. A version's content is what they said when it was published.
"""

from typing import Literal, cast

import msgspec

from routing.intents import FALLBACK_INTENT, IntentRule
from routing.models import Deployment, Intent, Ladder, Policy, Rung
from routing.models import IntentRule as RuleRow
from routing.services.policy_content import (
    IntentContent,
    LadderContent,
    PolicyContent,
    WhenUnsure,
)


class ModelsGone(Exception):
    """A content names models that no longer exist; the text lists them."""


def content() -> PolicyContent:
    """The policy as the tables say it now."""
    policy, _ = Policy.objects.get_or_create(id=1)
    return PolicyContent(
        persona=policy.persona,
        max_calls=policy.max_calls,
        patience_s=policy.patience_s,
        reroute_filtered=policy.reroute_filtered,
        turn_limit_s=policy.turn_limit_s,
        unsure_below=policy.unsure_below,
        when_unsure=cast(WhenUnsure, policy.when_unsure),
        intents={row.name: _intent(row) for row in Intent.objects.prefetch_related("rules")},
        ladders={
            row.name: _ladder(row)
            for row in Ladder.objects.select_related("intent").prefetch_related(
                "rungs__deployment__provider"
            )
        },
    )


def _intent(row: Intent) -> IntentContent:
    return IntentContent(
        label=row.label,
        description=row.description,
        enabled=row.enabled,
        position=row.position,
        examples=tuple(line.strip() for line in row.examples.splitlines() if line.strip()),
        rules=tuple(_rule(rule) for rule in row.rules.all()),
    )


def _rule(row: RuleRow) -> IntentRule:
    kind: Literal["keyword", "pattern"] = (
        "pattern" if row.kind == RuleRow.Kind.PATTERN else "keyword"
    )
    return IntentRule(kind, row.text, row.weight)


def _ladder(row: Ladder) -> LadderContent:
    said = {
        "intent": row.intent.name if row.intent else None,
        "rungs": [{"deployment": rung.deployment.name} for rung in row.rungs.all()],
        "cache_ttl_s": row.cache_ttl_s,
        "cache_scope": row.cache_scope,
        "on_break": row.on_break,
        "web_search": row.web_search,
    }
    return msgspec.convert(said, LadderContent)


def restore(said: PolicyContent) -> None:
    """Set the tables to a content. Raises ModelsGone before anything is changed."""
    deployments = {row.name: row for row in Deployment.objects.select_related("provider")}
    named = {rung.deployment for ladder in said.ladders.values() for rung in ladder.rungs}
    if missing := sorted(named - deployments.keys()):
        raise ModelsGone(", ".join(missing))
    Policy.objects.filter(id=1).update(
        persona=said.persona,
        max_calls=said.max_calls,
        patience_s=said.patience_s,
        reroute_filtered=said.reroute_filtered,
        turn_limit_s=said.turn_limit_s,
        unsure_below=said.unsure_below,
        when_unsure=said.when_unsure,
    )
    Ladder.objects.exclude(name__in=list(said.ladders)).delete()
    Intent.objects.exclude(name__in=list(said.intents)).delete()
    for name, intent in said.intents.items():
        _restore_intent(name, intent)
    for name, ladder in said.ladders.items():
        _restore_ladder(name, ladder, deployments)


def _restore_intent(name: str, said: IntentContent) -> None:
    row, _ = Intent.objects.update_or_create(
        name=name,
        defaults={
            "label": said.label,
            "description": said.description,
            "enabled": said.enabled,
            "position": said.position,
            "examples": "\n".join(said.examples),
        },
    )
    if _intent(row).rules == said.rules:
        return  # rows keep their ids, so that a form open elsewhere still finds them
    row.rules.all().delete()
    RuleRow.objects.bulk_create(
        RuleRow(intent=row, kind=rule.kind, text=rule.text, weight=rule.weight)
        for rule in said.rules
    )


def _restore_ladder(name: str, said: LadderContent, deployments: dict[str, Deployment]) -> None:
    row, _ = Ladder.objects.update_or_create(
        name=name,
        defaults={
            "intent": Intent.objects.get(name=said.intent) if said.intent else None,
            "cache_ttl_s": said.cache_ttl_s,
            "cache_scope": said.cache_scope,
            "on_break": said.on_break,
            "web_search": said.web_search,
        },
    )
    set_rungs(row, [deployments[rung.deployment] for rung in said.rungs])


def set_rungs(ladder: Ladder, deployments: list[Deployment]) -> None:
    """Give a ladder exactly these rungs in this order; rungs that stay keep their rows."""
    kept = {rung.deployment_id: rung for rung in ladder.rungs.order_by("-id")}
    ladder.rungs.exclude(pk__in=[rung.pk for rung in kept.values()]).delete()
    for position, deployment in enumerate(deployments):
        rung = kept.pop(deployment.pk, None) or Rung(ladder=ladder, deployment=deployment)
        rung.position = position
        rung.save()
    ladder.rungs.filter(pk__in=[rung.pk for rung in kept.values()]).delete()


def give_ladder(intent: Intent) -> Ladder:
    """Return the intent's ladder; a new one copies the fallback intent's, so that it works at once."""
    ladder, made = Ladder.objects.get_or_create(intent=intent, defaults={"name": intent.name})
    if made:
        example = Ladder.objects.get(intent__name=FALLBACK_INTENT)
        rungs = example.rungs.select_related("deployment")
        set_rungs(ladder, [rung.deployment for rung in rungs])
    return ladder
