"""Publishes what staff edit as numbered policy versions, and brings one back.

Every save publishes: the tables' content becomes the next version, unless it says what the latest
one says. Versions are never changed, so going back is a new version with an old content.
"""

from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from routing.intents import FALLBACK_INTENT
from routing.models import Deployment, Policy, PolicyVersion, Revision
from routing.services import policy_content, policy_tables
from routing.services.policy_content import PolicyContent, VersionUnreadable
from routing.services.policy_diff import in_words
from routing.services.policy_tables import ModelsGone
from routing.signals import policy_published

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

    What is compared is the latest version as this release reads it, not its stored JSON. So a version
    of an older schema, or one without a field that was added since, makes no new version by itself.
    A latest version that cannot be read is followed by a new one, which ends the fault.

    `author`: None for what ships. Call it inside the transaction that saved the tables.
    Raises PolicyInvalid: the caller's transaction must then be rolled back.
    """
    hold()
    said = policy_tables.content()
    check(said)
    before = latest()
    old = _read(before)
    if old == said:
        return None
    version = PolicyVersion.objects.create(
        number=before.number + 1 if before else 1,
        content=policy_content.dump(said),
        difference=_difference(before, old, said, reverted_to),
        author_id=author.pk if author else None,
        reverted_to=reverted_to,
    )
    Revision.bump()
    said_so = partial(policy_published.send_robust, sender=PolicyVersion, number=version.number)
    transaction.on_commit(said_so)
    return version


def _read(version: PolicyVersion | None) -> PolicyContent | None:
    """The content of a version; None where there is none or it cannot be read."""
    try:
        return policy_content.load(version) if version else None
    except VersionUnreadable:
        return None


def _difference(
    before: PolicyVersion | None,
    old: PolicyContent | None,
    new: PolicyContent,
    reverted_to: int | None,
) -> str:
    if before is None:
        return "Shipped policy"
    words = f"version {before.number} cannot be read, so what changed is not known"
    if old is not None:
        words = difference(old, new)
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

    Raises PolicyVersion.DoesNotExist, VersionUnreadable, and PolicyInvalid when a model that it names
    is gone.
    """
    hold()
    said = policy_content.load(PolicyVersion.objects.get(number=number))
    try:
        policy_tables.restore(said)
    except ModelsGone as gone:
        raise PolicyInvalid(
            f"Version {number} names models that no longer exist: {gone}."
        ) from gone
    return publish(author=author, reverted_to=number)
