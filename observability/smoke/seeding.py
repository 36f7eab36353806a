"""Makes what must be in the evaluation's tables before the first night, and changes nothing else."""

from typing import Any

from django.db import transaction

from chatcore.turns.signals import seeded
from observability.models import SmokeCase, SmokeCheck, SmokeSettings
from observability.smoke.shipped import CASES, ShippedCase

STEP = 10
"""Between the places of two shipped cases, so that staff can put theirs in between."""


def connect() -> None:
    """Make the rows whenever the site is seeded."""
    seeded.connect(seed, dispatch_uid="observability.smoke")


@transaction.atomic
def seed(**kwargs: Any) -> None:
    """Make the settings and the shipped cases."""
    SmokeSettings.objects.get_or_create(id=1)
    made = {case.key: _case(case, position * STEP) for position, case in enumerate(CASES, start=1)}
    for case in CASES:
        row, new = made[case.key]
        if new and case.asks_about:
            row.asks_about = made[case.asks_about][0]
            row.save(update_fields=["asks_about"])


def _case(shipped: ShippedCase, position: int) -> tuple[SmokeCase, bool]:
    row, new = SmokeCase.objects.get_or_create(
        shipped=shipped.key,
        defaults={
            "name": shipped.name,
            "position": position,
            "prompt": shipped.prompt,
            "intent": shipped.intent,
        },
    )
    if new:
        SmokeCheck.objects.bulk_create(
            SmokeCheck(case=row, kind=kind, value=value) for kind, value in shipped.checks
        )
    return row, new
