"""Mails each open incident once to each address that is to know of it.

They go to whoever gets the weekly rollup of all organisations, else to the superusers.
"""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chatcore.mail import outbox, smtp
from chatcore.models import OutgoingMail
from observability.alerts.email import email
from observability.models import Incident, Recipient

KIND = "incident"
NO_SERVER = "there is no mail server: set EMAIL_URL"
NOBODY = "nobody receives the weekly rollup of all organisations, and no superuser has an address"
OVER = "It was over before it could be mailed."


class IncidentLetter:
    """Writes the mails about incidents; one that is over is mailed no more."""

    def unwanted(self, mail: OutgoingMail) -> str:
        """See `Letter`."""
        still_open = Incident.objects.filter(pk=mail.about_id, closed_at=None)
        return "" if still_open.exists() else OVER

    def message(self, mail: OutgoingMail) -> EmailMessage:
        """See `Letter`."""
        return email(Incident.objects.get(pk=mail.about_id), mail.address)


def connect() -> None:
    """Register the letter with the outbox."""
    outbox.register(KIND, IncidentLetter)


def mail_incidents() -> None:
    """Queue the mails of every open incident that has none yet, and send what is queued."""
    if not smtp.is_set_up():
        return
    now = timezone.now()
    for incident in Incident.objects.filter(closed_at=None, addressed_at=None):
        _queue(incident, now)
    outbox.send(mails())


def mails() -> QuerySet[OutgoingMail]:
    """All mails about incidents."""
    return OutgoingMail.objects.filter(kind=KIND)


def addresses() -> list[str]:
    """Whom incidents are mailed to, each once."""
    rollup = Recipient.objects.filter(active=True, organisation=None).values_list(
        "email", flat=True
    )
    superusers = get_user_model().objects.filter(is_active=True, is_superuser=True)
    found = list(rollup) or list(superusers.exclude(email="").values_list("email", flat=True))
    return sorted({address.lower(): address for address in found}.values())


def obstacle() -> str:
    """Why nobody can be mailed just now, in words; "" where somebody can."""
    if not smtp.is_set_up():
        return NO_SERVER
    return "" if addresses() else NOBODY


def send_again(incidents: QuerySet[Incident]) -> int:
    """Queue the failed and uncertain mails of open incidents once more; gives their number."""
    still_open = incidents.filter(closed_at=None).values_list("pk", flat=True)
    return outbox.send_again(mails().filter(about_id__in=list(still_open)), now=timezone.now())


def _queue(incident: Incident, now: datetime) -> None:
    """Settle who is mailed, once; later there may be others, who were not there when it began."""
    found = addresses()
    if not found:
        return
    with transaction.atomic():
        mine = Incident.objects.filter(pk=incident.pk, addressed_at=None).update(addressed_at=now)
        if mine:
            outbox.queue(KIND, incident, found, now=now)
            # Those that were given up when the incident had ended for a while.
            outbox.send_again(incident.mails.filter(trouble=OVER), now=now)
