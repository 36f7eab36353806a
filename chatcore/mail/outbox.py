"""Sends the queued mails: each once, and again only where it surely did not arrive.

Any number of workers may do so at a time. What became of a mail stands in its row; staff see it there
and may ask for it again.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from django.core.mail import EmailMessage
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from chatcore.db.claims import Claim, Claims
from chatcore.mail import smtp
from chatcore.models import OutgoingMail

logger = logging.getLogger(__name__)
Status = OutgoingMail.Status
CLAIM = timedelta(minutes=5)
"""Longer than a mail is prepared, and than a conversation with a mail server can last."""
CLAIMS = Claims(OutgoingMail, lasts=CLAIM, failures="failures")
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))
"""Before the second try, the third, and so on; then the mail is given up."""
SERVER_PAUSE = timedelta(minutes=5)
"""After trouble that is the server's and not the mail's; this is never given up."""
NO_SERVER = "No mail server is set up: EMAIL_URL names one."
KILLED = "Whoever sent it was killed while the mail server took it."
UNWRITTEN = "It could not be put together; it is tried again."


class Letter(Protocol):
    """Writes the mails of one kind. One is made for each run of the outbox."""

    def unwanted(self, mail: OutgoingMail) -> str:
        """Why a mail is not to be sent any more, as a sentence; "" while it is."""

    def message(self, mail: OutgoingMail) -> EmailMessage:
        """The mail as it is sent now. It is claimed already: nobody else sends it meanwhile."""


_letters: dict[str, Callable[[], Letter]] = {}


def register(kind: str, letter: Callable[[], Letter]) -> None:
    """Have the mails of a kind written by `letter`."""
    _letters[kind] = letter


def queue(kind: str, about: Model, addresses: Iterable[str], *, now: datetime) -> None:
    """Queue a mail about a row to each address; one that has its mail already is left out."""
    mails = (
        OutgoingMail(kind=kind, about=about, address=address, queued_at=now, changed_at=now)
        for address in addresses
    )
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)


def send(mails: QuerySet[OutgoingMail]) -> None:
    """Send what of these mails is queued and does not rest, oldest first."""
    now = timezone.now()
    recover(now=now)
    queued = mails.filter(CLAIMS.free(now=now), status=Status.QUEUED)
    if not smtp.is_set_up():
        queued.exclude(trouble=NO_SERVER).update(trouble=NO_SERVER)
        return
    letters = {kind: make() for kind, make in _letters.items()}
    for mail in queued.order_by("pk"):
        claim = take(mail, now=timezone.now())
        if claim is not None and not _send(mail, claim, letters[mail.kind]):
            break  # the others would wait as long for the same silence; the next run goes on


def send_again(mails: QuerySet[OutgoingMail], *, now: datetime) -> int:
    """Queue failed and uncertain mails once more, as staff ask for it; gives their number."""
    return mails.filter(status__in=[Status.FAILED, Status.UNCERTAIN]).update(
        status=Status.QUEUED,
        claimed_until=None,
        handed_over_at=None,
        failures=0,
        trouble="",
        queued_at=now,
        changed_at=now,
    )


def recover(*, now: datetime) -> None:
    """Queue again, or call uncertain, what workers that died were sending."""
    lost = OutgoingMail.objects.filter(status=Status.SENDING, claimed_until__lt=now)
    lost.filter(handed_over_at=None).update(status=Status.QUEUED, changed_at=now)
    lost.update(status=Status.UNCERTAIN, trouble=KILLED, changed_at=now)


def take(mail: OutgoingMail, *, now: datetime) -> Claim | None:
    """Claim a queued mail; None where another was quicker."""
    return CLAIMS.take(
        mail,
        now=now,
        where=Q(status=Status.QUEUED),
        status=Status.SENDING,
        handed_over_at=None,
        changed_at=now,
    )


def hand_over(claim: Claim) -> bool:
    """Note that from here on the mail may arrive; False where the claim was lost."""
    now = timezone.now()
    return CLAIMS.extend(claim, now=now, handed_over_at=now, changed_at=now)


def note_sent(claim: Claim) -> None:
    """Note that the mail server has taken it: also where others had begun to doubt it."""
    now = timezone.now()
    CLAIMS.release(claim, status=Status.SENT, trouble="", sent_at=now, changed_at=now)


def _send(mail: OutgoingMail, claim: Claim, letter: Letter) -> bool:
    """Send one mail; gives whether it makes sense to go on with others."""
    try:
        if why := letter.unwanted(mail):
            _give_up(claim, why)
            return True
        smtp.send(letter.message(mail), before_last_line=partial(hand_over, claim))
    except smtp.NotSent as error:
        logger.warning("Mail %s was not sent: %s", mail.pk, error)
        _note_not_sent(claim, error)
        return not error.nobody
    except smtp.Uncertain as error:
        logger.error("It is uncertain whether mail %s was sent: %s", mail.pk, error)
        uncertain = {"status": Status.UNCERTAIN, "trouble": str(error)}
        CLAIMS.held(claim).update(**uncertain, changed_at=timezone.now())
    except Exception:  # before it was handed over: `smtp.send` lets nothing else through afterwards
        logger.exception("Mail %s was not sent", mail.pk)
        _note_not_sent(claim, smtp.NotSent(UNWRITTEN))
    else:
        note_sent(claim)
    return True


def _note_not_sent(claim: Claim, error: smtp.NotSent) -> None:
    """Put the mail off, or give it up."""
    now, of_the_server = timezone.now(), error.nobody
    if not of_the_server and (not error.again or claim.failures >= len(PAUSES)):
        _give_up(claim, str(error))
        return
    CLAIMS.put_off(
        claim,
        pause=SERVER_PAUSE if of_the_server else PAUSES[claim.failures],
        now=now,
        counted=not of_the_server,
        status=Status.QUEUED,
        handed_over_at=None,
        trouble=str(error),
        changed_at=now,
    )


def _give_up(claim: Claim, why: str) -> None:
    CLAIMS.release(claim, status=Status.FAILED, trouble=why[:300], changed_at=timezone.now())
