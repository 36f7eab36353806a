"""Publishes what staff edit as numbered policy versions, and brings one back.

Every save publishes: the tables' content becomes the next version, unless it says what the latest
one says. Versions are never changed, so going back is a new version with an old content.
"""

from typing import Literal

import msgspec
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from routing.intents import FALLBACK_INTENT, IntentRule
from routing.models import (
    Deployment,
    Intent,
    Ladder,
    Policy,
    PolicyVersion,
    Revision,
    Rung,
)
from routing.models import IntentRule as RuleRow
from routing.services import policy_content
from routing.services.policy_content import IntentContent, LadderContent, PolicyContent
from routing.services.policy_diff import in_words

DIFFERENCE_MAX = 300


class PolicyInvalid(Exception):
    """The policy could not serve every message; the text says why, for staff."""


def latest() -> PolicyVersion | None:
    """The version in force, with its content of some 100 KB."""
    return PolicyVersion.objects.select_related("author").first()


def latest_number() -> int:
    """The number of the version in force; 0 when there is none."""
    return PolicyVersion.objects.values_list("number", flat=True).first() or 0


def hold() -> None:
    """Block other policy saves until this transaction ends (SQLite allows only one write anyway)."""
    Policy.objects.get_or_create(id=1)
    Policy.objects.select_for_update().get(id=1)


def content_of_tables() -> PolicyContent:
    """The policy as the tables say it now."""
    policy, _ = Policy.objects.get_or_create(id=1)
    return PolicyContent(
        persona=policy.persona,
        max_calls=policy.max_calls,
        patience_s=policy.patience_s,
        reroute_filtered=policy.reroute_filtered,
        turn_limit_s=policy.turn_limit_s,
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
        "rungs": [rung.deployment.name for rung in row.rungs.all()],
        "cache_ttl_s": row.cache_ttl_s,
        "cache_scope": row.cache_scope,
        "on_break": row.on_break,
        "web_search": row.web_search,
    }
    return msgspec.convert(said, LadderContent)


def check(said: PolicyContent) -> None:
    """Check that every message could be served. Raises PolicyInvalid.

    Routing finds an intent's ladder by its name, so this is where the two names are held together.
    """
    fallback = said.intents.get(FALLBACK_INTENT)
    if fallback is None or not fallback.enabled:
        raise PolicyInvalid(
            f"The intent {FALLBACK_INTENT} must be there and enabled: it takes what no other does."
        )
    for name, intent in said.intents.items():
        if intent.enabled and name not in said.ladders:
            raise PolicyInvalid(f"The intent {name} has no ladder.")
    for name, ladder in said.ladders.items():
        if ladder.intent != (name if name in said.intents else None):
            raise PolicyInvalid(
                f"The ladder {name} must serve the intent of its own name, and no other."
            )
        if not ladder.rungs:
            raise PolicyInvalid(f"The ladder {name} needs at least one rung.")


@transaction.atomic
def publish(
    *, author: AbstractBaseUser | None, reverted_to: int | None = None
) -> PolicyVersion | None:
    """Write the next version if the tables say something new; None if they do not.

    `author`: None for what ships. Call it inside the transaction that saved the tables.
    Raises PolicyInvalid: the caller's transaction must then be rolled back.
    """
    hold()
    said = content_of_tables()
    check(said)
    before = latest()
    if before is not None and before.content == policy_content.dump(said):
        return None
    version = PolicyVersion.objects.create(
        number=before.number + 1 if before else 1,
        content=policy_content.dump(said),
        difference=_difference(before, said, reverted_to),
        author_id=author.pk if author else None,
        reverted_to=reverted_to,
    )
    Revision.bump()
    return version


def _difference(before: PolicyVersion | None, said: PolicyContent, reverted_to: int | None) -> str:
    if before is None:
        return "Shipped policy"
    words = difference(policy_content.load(before), said)
    if reverted_to is not None:
        words = f"Reverted to version {reverted_to} ({words})"
    return words if len(words) <= DIFFERENCE_MAX else f"{words[: DIFFERENCE_MAX - 1]}…"


def difference(old: PolicyContent, new: PolicyContent) -> str:
    """The changes in one line, with the models called by their labels."""
    labels = {row.name: row.label for row in Deployment.objects.select_related("provider")}
    return in_words(old, new, labels)


@transaction.atomic
def revert(*, number: int, author: AbstractBaseUser) -> PolicyVersion | None:
    """Set the tables to an earlier version and publish that; None if they are equal already.

    Raises PolicyVersion.DoesNotExist, and PolicyInvalid when a model it names is gone.
    """
    hold()
    said = policy_content.load(PolicyVersion.objects.get(number=number))
    deployments = {row.name: row for row in Deployment.objects.select_related("provider")}
    named = {rung for ladder in said.ladders.values() for rung in ladder.rungs}
    if missing := sorted(named - deployments.keys()):
        raise PolicyInvalid(
            f"Version {number} names models that no longer exist: {', '.join(missing)}."
        )
    Policy.objects.filter(id=1).update(
        persona=said.persona,
        max_calls=said.max_calls,
        patience_s=said.patience_s,
        reroute_filtered=said.reroute_filtered,
        turn_limit_s=said.turn_limit_s,
    )
    Ladder.objects.exclude(name__in=list(said.ladders)).delete()
    Intent.objects.exclude(name__in=list(said.intents)).delete()
    for name, intent in said.intents.items():
        _restore_intent(name, intent)
    for name, ladder in said.ladders.items():
        _restore_ladder(name, ladder, deployments)
    return publish(author=author, reverted_to=number)


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
    set_rungs(row, [deployments[rung] for rung in said.rungs])


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
