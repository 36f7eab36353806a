"""Raises incidents for the provider errors that only staff can repair: a key or a model in trouble.

Most are the errors after which routing leaves a key or a deployment alone for a while
(`routing.providers.errors.Cools`); the ladders go on with the next rung, so users may notice nothing.
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from chatcore.db.writer import writer
from chatcore.turns.signals import TurnFinished
from observability.alerts.incidents import close_incident, raise_incident
from observability.models import AttemptRecord, Incident
from routing.models import Deployment, ProviderKey
from routing.providers.errors import (
    EndpointRetired,
    InvalidRequest,
    KeyRefused,
    ModelGone,
    NotPermitted,
    ProtocolViolated,
    QuotaExhausted,
)
from routing.route import Attempt

logger = logging.getLogger(__name__)
OF_KEYS = {
    KeyRefused.code: "refused the key: it is unknown there, expired or revoked",
    NotPermitted.code: "says that the key may not do this: its rights, its region or its billing",
    QuotaExhausted.code: "says that the key's account is out of money or of its allowance",
}
OF_MODELS = {
    ModelGone.code: "says that there is no such model, or not for this account",
    EndpointRetired.code: "has switched off the interface through which the model is called",
}
OF_UNDERSTANDING = {
    ProtocolViolated.code: "gave answers that are none, such as a proxy's error page",
    InvalidRequest.code: "refused one request after the other as invalid, which others answered",
}
IN_A_ROW = 3
"""One such answer may be due to the message; so many in a row are due to the settings."""
BETWEEN = " / "
"""Between a provider and the label of its key; no provider's short name holds it."""
KEYLESS = "no key"
"""In a label's place, for a server that was called without one."""


class Refusal(msgspec.Struct, frozen=True):
    """An incident to be raised."""

    kind: str
    subject: str
    text: str


def refusals(finished: TurnFinished) -> Iterator[Refusal]:
    """The incidents that a request gives reason for; for nearly every one none."""
    for attempt in finished.route.attempts:
        if attempt.error in OF_KEYS:
            subject = key_subject(attempt.provider, attempt.key)
            yield Refusal(Incident.Kind.KEY_REFUSED, subject, _text(attempt, OF_KEYS))
        elif attempt.error in OF_MODELS:
            yield Refusal(Incident.Kind.MODEL_GONE, attempt.deployment, _text(attempt, OF_MODELS))
        elif attempt.error in OF_UNDERSTANDING:
            text = _text(attempt, OF_UNDERSTANDING)
            yield Refusal(Incident.Kind.NOT_UNDERSTOOD, attempt.deployment, text)


async def notice(*, finished: TurnFinished, **kwargs: Any) -> None:
    """Raise the incidents of a finished request. Without such an error it does nothing at all."""
    if found := tuple(refusals(finished)):
        try:
            await writer.run(partial(_raise, found, finished.turn_id))
        except Exception:
            logger.exception("No incident could be raised for turn %s", finished.turn_id)


def _raise(found: tuple[Refusal, ...], turn_id: UUID) -> None:
    for one in found:
        if one.kind == Incident.Kind.NOT_UNDERSTOOD and not _is_usual(one.subject, turn_id):
            continue
        raise_incident(kind=one.kind, subject=one.subject, text=one.text)


def _is_usual(deployment: str, turn_id: UUID) -> bool:
    """Whether the model's calls before those of this turn ended in the same way."""
    earlier = AttemptRecord.objects.filter(deployment=deployment).exclude(turn_id=turn_id)
    calls = earlier.order_by("-started_at", "-id")
    before = list(calls.values_list("error", flat=True)[: IN_A_ROW - 1])
    return len(before) == IN_A_ROW - 1 and all(error in OF_UNDERSTANDING for error in before)


def close_what_works_again() -> None:
    """End the incidents of keys and models that have answered since, or that nobody uses any more."""
    for incident in Incident.objects.filter(
        closed_at=None,
        kind__in=[
            Incident.Kind.KEY_REFUSED,
            Incident.Kind.MODEL_GONE,
            Incident.Kind.NOT_UNDERSTOOD,
        ],
    ):
        if because := _over(incident):
            close_incident(kind=incident.kind, subject=incident.subject, because=because)


def key_subject(provider: str, label: str) -> str:
    """How an incident names a key."""
    return f"{provider}{BETWEEN}{label or KEYLESS}"


def _text(attempt: Attempt, words: dict[str, str]) -> str:
    status = f" (HTTP {attempt.http_status})" if attempt.http_status else ""
    return f"Asked for {attempt.deployment}, {attempt.provider} {words[attempt.error]}{status}."


def _over(incident: Incident) -> str:
    """Why an incident is over, in words; "" while it is not."""
    if incident.kind != Incident.Kind.KEY_REFUSED:
        if not _deployments(incident.subject).filter(enabled=True).exists():
            return "The model is switched off or removed."
        calls = AttemptRecord.objects.filter(deployment=incident.subject)
        return "It has answered since." if _answered_since(calls, incident) else ""
    provider, _, label = incident.subject.partition(BETWEEN)
    label = "" if label == KEYLESS else label
    keys = ProviderKey.objects.filter(provider__slug=provider, label=label, enabled=True)
    if label and not keys.exists():
        return "The key is switched off or removed."
    calls = AttemptRecord.objects.filter(provider=provider, key_label=label)
    return "It has been taken since." if _answered_since(calls, incident) else ""


def _answered_since(calls: QuerySet[AttemptRecord], incident: Incident) -> bool:
    answered = calls.filter(Q(status="ok") | Q(first_token_ms__isnull=False), error="")
    return answered.filter(started_at__gt=incident.last_seen_at).exists()


def _deployments(name: str) -> QuerySet[Deployment]:
    provider, _, model = name.partition("/")
    return Deployment.objects.filter(provider__slug=provider, model=model)
