"""Who gets the weekly rollup before staff have said it? The addresses of REPORT_RECIPIENTS, once each."""

from typing import Any

from django.conf import settings
from django.db import transaction

from chatcore.turns.signals import seeded
from observability.models import Recipient, SeededAddress


def connect() -> None:
    """Look at the list whenever the site is seeded."""
    seeded.connect(seed, dispatch_uid="observability.rollup")


def seed(**kwargs: Any) -> None:
    """Put each address on the list that never was: whoever staff took off stays off."""
    for address in settings.REPORT_RECIPIENTS:
        with transaction.atomic():
            _, new = SeededAddress.objects.get_or_create(email=address.lower())
            if (
                new
                and not Recipient.objects.filter(email__iexact=address, organisation=None).exists()
            ):
                Recipient.objects.create(email=address, organisation=None)
