"""Gives the keys of the environment their rows in the table of provider keys.

A row holds no key: each process reads the key from its own environment. The row is what staff test and
switch off, and what the record of a call names. There is one for a provider, told by its `source`.
"""

from itertools import count

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from routing.models import Provider, ProviderKey, Revision
from routing.services import credentials

LABEL = "from the environment"


@transaction.atomic
def store(*, renew: bool = True) -> None:
    """Make the rows that are missing and, with `renew`, note where a key is another one than before.

    A process does both as it starts. While it runs it makes missing rows only (`renew=False`): two
    processes with different keys in their environments would overwrite each other's notes for ever.
    """
    given = {slug: value for slug, value in settings.ENV_KEYS.items() if value}
    rows = {row.provider.slug: row for row in _rows() if given}
    changed = []
    for slug, value in given.items():
        if slug not in rows:
            changed.append(_add(slug, value))
        elif renew:
            changed.append(_renew(rows[slug], value))
    if any(changed):
        Revision.bump()


@transaction.atomic
def remove_absent() -> None:
    """Remove the rows of keys that this process's environment does not name.

    What staff switched off stays: the key would come back switched on.
    """
    given = [slug for slug, value in settings.ENV_KEYS.items() if value]
    if _rows().filter(enabled=True).exclude(provider__slug__in=given).delete()[0]:
        Revision.bump()


def _rows() -> QuerySet[ProviderKey]:
    rows = ProviderKey.objects.filter(source=ProviderKey.Source.ENVIRONMENT)
    return rows.select_related("provider")


def _add(slug: str, value: str) -> bool:
    """Make the row of a key; returns whether it was made here."""
    provider = Provider.objects.filter(slug=slug).first()
    if provider is None:
        return False  # `seed` makes it; every process then reads the tables again, and comes here
    _, made = ProviderKey.objects.get_or_create(
        provider=provider,
        source=ProviderKey.Source.ENVIRONMENT,
        defaults={
            "label": _free_label(provider),
            "last_four": credentials.last_four(value),
            "fingerprint": credentials.fingerprints().of(value),
        },
    )
    return made


def _free_label(provider: Provider) -> str:
    """A label that no key of the provider has; staff may have used the usual one for their own."""
    taken = set(provider.keys.values_list("label", flat=True))
    labels = (LABEL if number == 1 else f"{LABEL} ({number})" for number in count(1))
    return next(label for label in labels if label not in taken)


def _renew(row: ProviderKey, value: str) -> bool:
    """Note the key of a row; returns whether it is another one than before, and was noted here."""
    prints = credentials.fingerprints()
    noted = {"fingerprint": prints.of(value)}
    if row.fingerprint == noted["fingerprint"]:
        return False
    # Compared again as it is written: of processes that start together only one finds the old one.
    old = ProviderKey.objects.filter(pk=row.pk, fingerprint=row.fingerprint)
    if prints.fits(row.fingerprint, value):  # only the sealing keys have changed
        old.update(**noted)
        return False
    changed = old.update(
        **noted,
        last_four=credentials.last_four(value),
        tested_at=None,
        test_result="",
        changed_at=timezone.now(),
    )
    return bool(changed)
