"""Puts the addresses of REPORT_RECIPIENTS on the list of recipients, once each."""

from typing import Any

from django.conf import settings
from django.db import transaction

from chatcore.turns.signals import seeded
from observability.models import Recipient, SeededAddress


def connect() -> None:
    """Add the addresses whenever the site is seeded."""
    seeded.connect(seed, dispatch_uid="observability.rollup")


def seed(**kwargs: Any) -> None:
    """Add each address that was never on the list: what staff took off stays off."""
    for address in settings.REPORT_RECIPIENTS:
        with transaction.atomic():
            _, new = SeededAddress.objects.get_or_create(email=address.lower())
            if (
                new
                and not Recipient.objects.filter(email__iexact=address, organisation=None).exists()
            ):
                Recipient.objects.create(email=address, organisation=None)
