"""Advice about intents: those that are guessed, and those whose answers people do not like."""

from collections.abc import Iterator

from django.db.models import Count, Q
from django.urls import reverse

from chatcore.models import Turn
from observability.figures import CHAT_SOURCES
from observability.rollup.advice.evidence import Evidence
from observability.rollup.report import Recommendation
from observability.wording import counted, share
from routing.intents import FALLBACK_INTENT
from routing.models import Intent

LEAST_TURNS = 10
FAINT = 0.5
"""A guess that is less likely may as well be wrong."""
FAINT_SHARE = 0.3
LEAST_THUMBS = 3
DISLIKED_SHARE = 0.1
"""Of the intent's turns: most people never touch a thumb."""


def low_confidence(evidence: Evidence) -> Iterator[Recommendation]:
    """Intents that messages were given on faint signs."""
    turns = evidence.rows.filter(concludes=True, confidence__isnull=False)
    groups = turns.exclude(intent__in=["", FALLBACK_INTENT]).values("intent").order_by("intent")
    for each in groups.annotate(all=Count("id"), faint=Count("id", filter=Q(confidence__lt=FAINT))):
        if each["all"] >= LEAST_TURNS and each["faint"] >= FAINT_SHARE * each["all"]:
            label = evidence.names.intent(each["intent"])
            yield Recommendation(
                kind="intent_low_confidence",
                title=f"“{label}” is often a guess",
                explanation=f"{share(each['faint'], each['all'])} of its "
                f"{counted(each['all'], 'turn')} were taken for it though that was less likely "
                f"than {FAINT:.0%}. Add examples of such messages.",
                path=_path(each["intent"]),
            )


def not_understood(evidence: Evidence) -> Iterator[Recommendation]:
    """Many messages that no intent claims."""
    counts = evidence.rows.filter(concludes=True).aggregate(
        all=Count("id"), unclear=Count("id", filter=Q(intent=FALLBACK_INTENT))
    )
    if counts["all"] >= LEAST_TURNS and counts["unclear"] >= FAINT_SHARE * counts["all"]:
        yield Recommendation(
            kind="intents_miss",
            title="Many messages belong to no intent",
            explanation=f"{share(counts['unclear'], counts['all'])} of "
            f"{counted(counts['all'], 'turn')} were taken for "
            f"“{evidence.names.intent(FALLBACK_INTENT)}”. Look through them: an intent may lack "
            "examples, or one may be missing.",
            path=reverse("admin:routing_intent_changelist"),
        )


def disliked(evidence: Evidence) -> Iterator[Recommendation]:
    """Intents whose answers people marked down; marks are counted, nothing is read."""
    turns = Turn.objects.filter(
        created_at__gte=evidence.span.start,
        created_at__lt=evidence.span.end,
        source__in=CHAT_SOURCES,
    )
    if evidence.organisation_id is not None:
        turns = turns.filter(organisation_id=evidence.organisation_id)
    groups = turns.order_by("intent").values("intent")
    for each in groups.annotate(
        all=Count("id"),
        down=Count("id", filter=Q(thumb="down")),
        up=Count("id", filter=Q(thumb="up")),
    ):
        if each["down"] >= max(LEAST_THUMBS, DISLIKED_SHARE * each["all"]):
            label = evidence.names.intent(each["intent"])
            yield Recommendation(
                kind="intent_disliked",
                title=f"People do not like the answers to “{label}”",
                explanation=f"{counted(each['down'], 'thumb')} down and {each['up']} up in "
                f"{counted(each['all'], 'turn')}. Try another order of its ladder, or better "
                "examples if these messages were taken for the wrong thing.",
                path=_path(each["intent"]),
            )


def _path(intent: str) -> str:
    pk = Intent.objects.filter(name=intent).values_list("pk", flat=True).first()
    if pk is None:
        return reverse("admin:routing_intent_changelist")
    return reverse("admin:routing_intent_change", args=[pk])
