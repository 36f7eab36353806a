"""Writes the mail about an incident: what happened, what users notice, what to do."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from observability.alerts.refusals import BETWEEN
from observability.models import Incident
from routing.services import snapshot
from routing.services.snapshot_types import LadderFacts, Snapshot

TITLES = {
    Incident.Kind.KEY_REFUSED: "A provider refuses the key {subject}",
    Incident.Kind.MODEL_GONE: "The model {subject} cannot be called any more",
    Incident.Kind.NOT_UNDERSTOOD: "The model {subject} and we do not understand each other",
    Incident.Kind.SMOKE_FAILED: "The smoke evaluation failed: {subject}",
}
TO_DO = {
    Incident.Kind.KEY_REFUSED: "Test the key, and set a new one, or settle the account with the provider",
    Incident.Kind.MODEL_GONE: "Take the model off its ladders, or correct its name",
    Incident.Kind.NOT_UNDERSTOOD: "Check its provider's address and protocol, and what stands between",
    Incident.Kind.SMOKE_FAILED: "Look at the run, case by case",
}
PAGES = {
    Incident.Kind.KEY_REFUSED: "admin:routing_providerkey_changelist",
    Incident.Kind.MODEL_GONE: "admin:routing_deployment_changelist",
    Incident.Kind.NOT_UNDERSTOOD: "admin:routing_provider_changelist",
    Incident.Kind.SMOKE_FAILED: "admin:observability_smokerun_changelist",
}


def email(incident: Incident, to: str) -> EmailMessage:
    """The mail to one address, in plain text."""
    kind = Incident.Kind(incident.kind)
    times = f", {incident.times_seen} times so far" if incident.times_seen > 1 else ""
    paragraphs = [
        incident.text,
        f"Since {incident.opened_at:%Y-%m-%d %H:%M} UTC{times}.",
        *([words] if (words := consequence(incident)) else []),
        f"What to do: {TO_DO[kind]}:\n{_link(reverse(PAGES[kind]))}",
        f"The incident:\n{_link(reverse('admin:observability_incident_change', args=[incident.pk]))}",
        "This is mailed once. The incident's page says when it is over.",
    ]
    return EmailMessage(
        subject=f"[Chatcore] {TITLES[kind].format(subject=' '.join(incident.subject.split()))}",
        body="\n\n".join(paragraphs) + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
    )


def consequence(incident: Incident) -> str:
    """What users notice while it lasts, in words; "" where only the incident's own text can say."""
    if incident.kind == Incident.Kind.SMOKE_FAILED:
        return ""
    facts = snapshot.refresh(force=True)
    if _has_another_key(incident, facts):
        return "Another key of this provider serves meanwhile: users notice nothing."
    dead = _out_of_service(incident, facts)
    hit = [ladder for ladder in facts.policy.ladders.values() if dead & set(ladder.rungs)]
    if not hit:
        return "No ladder needs it: users notice nothing."
    alone = sorted(ladder.name for ladder in hit if not _serves(ladder, facts, dead))
    others = sorted(ladder.name for ladder in hit if ladder.name not in alone)
    said = []
    if alone:
        said.append(
            f"Users get no answer from these ladders, which have nobody else: {_list(alone)}."
        )
    if others:
        said.append(f"These ladders still serve, by their other rungs: {_list(others)}.")
    return " ".join(said)


def _has_another_key(incident: Incident, facts: Snapshot) -> bool:
    provider, _, label = incident.subject.partition(BETWEEN)
    return any(key.label != label for key in facts.keys.get(provider, ()))


def _out_of_service(incident: Incident, facts: Snapshot) -> set[str]:
    """The deployments that cannot be called while it lasts."""
    if incident.kind in {Incident.Kind.MODEL_GONE, Incident.Kind.NOT_UNDERSTOOD}:
        return {incident.subject}
    provider = incident.subject.partition(BETWEEN)[0]
    return {name for name, model in facts.deployments.items() if model.provider == provider}


def _serves(ladder: LadderFacts, facts: Snapshot, dead: set[str]) -> bool:
    known = (facts.deployments.get(name) for name in ladder.rungs if name not in dead)
    return any(deployment is not None and not deployment.disabled for deployment in known)


def _list(names: list[str]) -> str:
    return ", ".join(names)


def _link(path: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{path}"
