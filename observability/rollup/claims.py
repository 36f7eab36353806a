"""Who sends which mail? One row for each address and rollup, claimed by compare-and-set: one mail, ever.

A worker that dies before it hands its mail over is replaced when its claim runs out. One that dies
while it does leaves the mail uncertain: staff see it and decide, nobody repeats it unasked.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from observability.models import Delivery, WeeklyRollup

State = Delivery.State
LEASE = timedelta(minutes=5)
"""Longer than a conversation with a mail server can last."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
"""Before the second try, the third, and so on; then it is given up."""
KILLED = "Whoever sent it was killed while the mail server took it."
TOO_LATE = "It could not be sent before the next one was due."


class Claim(msgspec.Struct, frozen=True):
    """One delivery that is ours to send."""

    delivery: Delivery
    token: UUID


def plan(rollup: WeeklyRollup, addresses: Iterable[str], *, now: datetime) -> None:
    """Note to whom a rollup goes; an address that is noted already stays as it is."""
    Delivery.objects.bulk_create(
        (Delivery(rollup=rollup, email=address, changed_at=now) for address in addresses),
        ignore_conflicts=True,
    )


def waiting(*, now: datetime) -> QuerySet[Delivery]:
    """What may be sent now, oldest first."""
    held = Delivery.objects.filter(state=State.WAITING).exclude(not_before__gt=now)
    return held.select_related("rollup").order_by("pk")


def hold(pk: int) -> WeeklyRollup | None:
    """A rollup's row as it is, for the length of the transaction; None where it has gone.

    Whoever takes a delivery holds it, and whoever remakes the rollup: so what is mailed stays stored.
    """
    # Its own order is by the organisation's name, and PostgreSQL locks no row of an outer join.
    return WeeklyRollup.objects.order_by("pk").select_for_update().filter(pk=pk).first()


def take(delivery: Delivery, *, now: datetime) -> Claim | None:
    """Make a delivery ours, with its rollup as it is from now on; None when somebody was quicker."""
    token = uuid4()
    with transaction.atomic():
        rollup = hold(delivery.rollup_id)
        taken = rollup and (
            waiting(now=now)
            .filter(pk=delivery.pk)
            .update(
                state=State.CLAIMED,
                claim=token,
                claim_expires_at=now + LEASE,
                tries=delivery.tries + 1,
                changed_at=now,
            )
        )
    if rollup is None or not taken:
        return None
    delivery.rollup = rollup
    delivery.tries += 1
    return Claim(delivery, token)


def hand_over(claim: Claim, *, now: datetime) -> bool:
    """From here on it may arrive; False when the claim was lost meanwhile."""
    return bool(
        _ours(claim, State.CLAIMED).update(
            state=State.HANDING_OVER, claim_expires_at=now + LEASE, changed_at=now
        )
    )


def note_sent(claim: Claim, *, now: datetime) -> None:
    """The mail server has taken it: also when others had begun to doubt it."""
    _ours(claim, State.HANDING_OVER, State.UNCERTAIN).update(
        state=State.SENT, trouble="", claim=None, claim_expires_at=None, sent_at=now, changed_at=now
    )


def note_uncertain(claim: Claim, why: str, *, now: datetime) -> None:
    """It may have arrived."""
    _ours(claim, State.HANDING_OVER).update(
        state=State.UNCERTAIN, trouble=why, claim_expires_at=None, changed_at=now
    )


def note_not_sent(claim: Claim, why: str, *, again: bool, now: datetime) -> None:
    """It surely did not arrive: to be tried again after a pause, or given up."""
    tries = claim.delivery.tries
    held = _ours(claim, State.CLAIMED, State.HANDING_OVER, State.UNCERTAIN)
    if again and tries <= len(PAUSES):
        pause = PAUSES[tries - 1]
        held.update(
            state=State.WAITING,
            not_before=now + pause,
            trouble=why,
            claim=None,
            claim_expires_at=None,
            changed_at=now,
        )
    else:
        held.update(
            state=State.FAILED, trouble=why, claim=None, claim_expires_at=None, changed_at=now
        )


def mend(*, now: datetime) -> None:
    """Take over from workers that died."""
    lost = Delivery.objects.filter(claim_expires_at__lt=now)
    lost.filter(state=State.CLAIMED).update(
        state=State.WAITING, claim=None, claim_expires_at=None, changed_at=now
    )
    lost.filter(state=State.HANDING_OVER).update(
        state=State.UNCERTAIN, trouble=KILLED, claim_expires_at=None, changed_at=now
    )


def give_up_old(*, since: date, due_at: datetime, now: datetime) -> None:
    """Rollups of weeks before `since` are news no longer, unless staff asked since `due_at`."""
    waits = Delivery.objects.filter(state=State.WAITING, changed_at__lt=due_at)
    old = list(waits.filter(rollup__week_ending__lt=since).values_list("pk", flat=True))
    # Only its own columns: across a join PostgreSQL would compare with the row as it was before
    # another's claim (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
    waits.filter(pk__in=old).update(state=State.FAILED, trouble=TOO_LATE, changed_at=now)


def send_again(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    """Staff want them sent once more, whatever became of them; gives how many will be.

    Those that wait or are being sent just now stay as they are.
    """
    return deliveries.filter(
        Q(state=State.FAILED) | Q(state=State.UNCERTAIN) | Q(state=State.SENT)
    ).update(
        state=State.WAITING,
        claim=None,
        claim_expires_at=None,
        tries=0,
        not_before=None,
        trouble="",
        changed_at=now,
    )


def _ours(claim: Claim, *states: State) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=claim.delivery.pk, claim=claim.token, state__in=states)
