"""Makes the evaluation's settings and cases where they are missing, and leaves others as they are."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from chatcore.turns.signals import seeded
from observability.models import SmokeCase, SmokeCheck, SmokeSettings
from observability.smoke.shipped import CASES, ShippedCase

EDITED = ("smokecase", "smokecheck", "smokesettings")
SEEN = (*EDITED, "smokerun", "smokeresult")
EDITORS, AUDITORS = "policy editors", "auditors"
STEP = 10
"""Between the places of two shipped cases, so that staff can put theirs in between."""


def connect() -> None:
    """Make the rows whenever the site is seeded."""
    seeded.connect(seed, dispatch_uid="observability.smoke")


@transaction.atomic
def seed(**kwargs: Any) -> None:
    """Make the settings, the shipped cases, and what the shipped roles may do about them."""
    _, fresh = SmokeSettings.objects.get_or_create(id=1)
    made = {case.key: _case(case, position * STEP) for position, case in enumerate(CASES, start=1)}
    for case in CASES:
        row, new = made[case.key]
        if new and case.asks_about:
            row.asks_about = made[case.asks_about][0]
            row.save(update_fields=["asks_about"])
    if fresh:
        _widen_roles()


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


def _widen_roles() -> None:
    """Let policy editors edit and run the evaluation, and auditors see it."""
    may_see = [f"view_{model}" for model in SEEN]
    may_edit = [f"{verb}_{model}" for model in EDITED for verb in ("add", "change", "delete")]
    ours = Permission.objects.filter(content_type__app_label="observability")
    for name, codenames in ((EDITORS, [*may_see, *may_edit, RUN]), (AUDITORS, may_see)):
        if group := Group.objects.filter(name=name).first():
            group.permissions.add(*ours.filter(codename__in=codenames))


RUN = "add_smokerun"
"""Who may start a run."""
