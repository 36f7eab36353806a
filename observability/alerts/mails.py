"""Who is told of an incident, and was it mailed? Once to each address, however many workers try.

They go to whoever gets the weekly rollup of all organisations, else to the superusers.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from observability import smtp
from observability.alerts.letter import letter
from observability.models import Incident, IncidentMail, Recipient

logger = logging.getLogger(__name__)
AGAIN = timedelta(minutes=5)
"""After a mail that could surely not be sent."""
LOST = timedelta(minutes=10)
"""A mail that is being handed over for longer lost its worker."""
NO_SERVER = "there is no mail server: set EMAIL_URL"
NOBODY = "nobody receives the weekly rollup of all organisations, and no superuser has an address"
UNWRITTEN = "It could not be put together; it is tried again."
_Status = IncidentMail.Status


def mail_incidents() -> None:
    """Tell staff of every open incident that they were not told of yet."""
    now = timezone.now()
    _give_up_lost(now)
    if not smtp.is_set_up():
        return
    for incident in Incident.objects.filter(closed_at=None, addressed_at=None):
        _address(incident, now)
    waiting = IncidentMail.objects.filter(status=_Status.WAITING, incident__closed_at=None)
    rested = Q(changed_at=None) | Q(changed_at__lt=now - AGAIN)
    for mail in waiting.filter(rested).select_related("incident"):
        if not _send(mail):
            break  # the others would wait as long for the same silence; the next sweep goes on


def addresses() -> list[str]:
    """Whom incidents are mailed to, each once."""
    rollup = Recipient.objects.filter(active=True, organisation=None).values_list(
        "email", flat=True
    )
    bosses = get_user_model().objects.filter(is_active=True, is_superuser=True).exclude(email="")
    found = list(rollup) or list(bosses.values_list("email", flat=True))
    return sorted({address.lower(): address for address in found}.values())


def obstacle() -> str:
    """Why nobody can be told just now, in words; "" where somebody can."""
    if not smtp.is_set_up():
        return NO_SERVER
    return "" if addresses() else NOBODY


def send_again(incidents: QuerySet[Incident]) -> int:
    """Staff want the refused and the uncertain mails of open incidents sent once more; how many will be."""
    still_open = incidents.filter(closed_at=None).values_list("pk", flat=True)
    undone = IncidentMail.objects.filter(
        incident_id__in=list(still_open), status__in=[_Status.REFUSED, _Status.UNCERTAIN]
    )
    return undone.update(status=_Status.WAITING, words="", changed_at=None)


def _address(incident: Incident, now: datetime) -> None:
    """Settle who is told, once; later there may be others, who were not there when it began."""
    found = addresses()
    if not found:
        return
    with transaction.atomic():
        mine = Incident.objects.filter(pk=incident.pk, addressed_at=None).update(addressed_at=now)
        if mine:
            IncidentMail.objects.bulk_create(
                IncidentMail(incident=incident, address=address) for address in found
            )


def _send(mail: IncidentMail) -> bool:
    """Send one; gives whether it makes sense to go on with others.

    The claim is the last thing before the mail's last line: of several workers one gets there.
    """
    try:
        smtp.send(letter(mail), before_last_line=partial(_claim, mail))
    except smtp.NotSent as error:
        _note(mail, _Status.WAITING if error.again else _Status.REFUSED, str(error))
        return not error.nobody
    except smtp.Uncertain as error:
        _note(mail, _Status.UNCERTAIN, str(error))
    except Exception:  # before it was handed over: `smtp.send` lets nothing else through afterwards
        logger.exception("The mail %s about an incident was not sent", mail.pk)
        _note(mail, _Status.WAITING, UNWRITTEN)
    else:
        _note(mail, _Status.SENT, "")
    return True


def _claim(mail: IncidentMail) -> bool:
    # Only the mail's own columns: across a join PostgreSQL would compare with the row as it was before
    # another's claim (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
    waiting = IncidentMail.objects.filter(pk=mail.pk, status=_Status.WAITING)
    still_open = Incident.objects.filter(pk=mail.incident_id, closed_at=None).exists()
    if still_open and _change(waiting, _Status.SENDING, ""):
        mail.status = _Status.SENDING
    return mail.status == _Status.SENDING


def _note(mail: IncidentMail, status: str, words: str) -> None:
    """What came of it; nothing, where another worker has it now."""
    _change(IncidentMail.objects.filter(pk=mail.pk, status=mail.status), status, words)


def _give_up_lost(now: datetime) -> None:
    lost = IncidentMail.objects.filter(status=_Status.SENDING, changed_at__lt=now - LOST)
    _change(lost, _Status.UNCERTAIN, "The worker ended while it handed the mail over.")


def _change(mails: QuerySet[IncidentMail], status: str, words: str) -> bool:
    return bool(mails.update(status=status, words=words[:200], changed_at=timezone.now()))
