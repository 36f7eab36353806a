"""Which staff may look after people, and which may read what they wrote? Superusers may do both."""

from collections.abc import Sequence

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

PEOPLE = "people managers"
READERS = "conversation readers"
AUDITORS = "auditors"
POLICY_EDITORS = "policy editors"
KEY_CUSTODIANS = "key custodians"


def make_roles() -> None:
    """Groups that are missing. One that exists is left as it is."""
    people, new = Group.objects.get_or_create(name=PEOPLE)
    if new:
        people.permissions.set(
            _may(Q(content_type__app_label="chatcore"), ["organisation", "membership", "apitoken"])
            | _may(Q(content_type__app_label="auth"), ["user"])
        )
    readers, new = Group.objects.get_or_create(name=READERS)
    if new:
        reading = Permission.objects.filter(
            content_type__app_label="chatcore",
            codename__in=["view_thread", "view_turn", "read_conversations"],
        )
        readers.permissions.set(reading)
        _widen(AUDITORS, "chatcore", "observability")
        _widen(POLICY_EDITORS, "observability")
        _widen(KEY_CUSTODIANS, "observability", only=["view_incident"])


def _may(where: Q, models: list[str]) -> set[Permission]:
    """View, add, change and delete, but for deleting what others hang on."""
    verbs = [f"{verb}_{model}" for verb in ("view", "add", "change") for model in models]
    return set(Permission.objects.filter(where, codename__in=[*verbs, "delete_membership"]))


def _widen(role: str, *apps: str, only: Sequence[str] = ()) -> None:
    """A role of the routing sees what these apps' tables hold, too, without anybody's words."""
    seen = Permission.objects.filter(content_type__app_label__in=apps, codename__startswith="view_")
    if only:
        seen = seen.filter(codename__in=only)
    group, _ = Group.objects.get_or_create(name=role)
    group.permissions.add(*seen)
