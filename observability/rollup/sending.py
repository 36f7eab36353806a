"""How does a waiting mail go out? One after another, each under a claim of its own."""

import logging
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from observability import smtp
from observability.models import Delivery, Recipient
from observability.rollup import claims
from observability.rollup.claims import Claim
from observability.rollup.kept import mail_of
from observability.rollup.mail import Mail, message

logger = logging.getLogger(__name__)
NO_SERVER = "No mail server is set up: EMAIL_URL names one."
TAKEN_OFF = "The address was taken off the list."
_Mails = dict[tuple[int, datetime], Mail]
"""By rollup, and when that was made: between two mails it may be made anew."""


def send_waiting(deliveries: Iterable[Delivery]) -> None:
    """Send what is ours to send; what became of each stands in its row. One's trouble is not another's."""
    mails: _Mails = {}
    for delivery in deliveries:
        if not smtp.is_set_up():
            _note_no_server(delivery)
            continue
        claim = claims.take(delivery, now=timezone.now())
        if claim is not None and not _send(claim, mails):
            break  # the others would wait as long for the same silence; the next sweep goes on


def message_id(delivery: Delivery) -> str:
    """The same for the same rollup and address, so that a mail that comes twice is known as one."""
    rollup = delivery.rollup
    whose = rollup.organisation_id or "all"
    address = sha256(delivery.email.lower().encode()).hexdigest()[:16]
    so_far = ".so-far" if rollup.was_early else ""
    return f"<weekly-rollup.{rollup.week_ending}{so_far}.{whose}.{address}@{settings.INSTALLATION}.chatcore>"


def _send(claim: Claim, mails: _Mails) -> bool:
    """Send one; gives whether it makes sense to go on with others."""
    delivery = claim.delivery
    if not _is_on_the_list(delivery):
        claims.note_not_sent(claim, TAKEN_OFF, again=False, now=timezone.now())
        return True
    try:
        smtp.send(
            _message(delivery, mails),
            before_last_line=lambda: claims.hand_over(claim, now=timezone.now()),
        )
    except smtp.NotSent as error:
        claims.note_not_sent(claim, str(error), again=error.again, now=timezone.now())
        logger.warning("The rollup's mail %s was not sent: %s", delivery.pk, str(error))
        return not error.nobody
    except smtp.Uncertain as error:
        claims.note_uncertain(claim, str(error), now=timezone.now())
        logger.error(
            "Nobody knows whether the rollup's mail %s was sent: %s", delivery.pk, str(error)
        )
    except Exception:  # before it was handed over: `send` lets nothing else through afterwards
        claims.note_not_sent(claim, "It could not be put together.", again=True, now=timezone.now())
        logger.exception("The rollup's mail %s was not sent", delivery.pk)
    else:
        claims.note_sent(claim, now=timezone.now())
    return True


def _message(delivery: Delivery, mails: _Mails) -> EmailMessage:
    made_then = (delivery.rollup.pk, delivery.rollup.made_at)
    if made_then not in mails:
        mails[made_then] = mail_of(delivery.rollup)
    made = message(mails[made_then], delivery.email)
    made.extra_headers["Message-ID"] = message_id(delivery)
    return made


def _is_on_the_list(delivery: Delivery) -> bool:
    """Still: between two tries staff may have taken it off."""
    return Recipient.objects.filter(
        email__iexact=delivery.email,
        organisation=delivery.rollup.organisation_id,
        active=True,
    ).exists()


def _note_no_server(delivery: Delivery) -> None:
    waiting = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING)
    waiting.exclude(trouble=NO_SERVER).update(trouble=NO_SERVER)
