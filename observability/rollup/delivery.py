"""Queues and writes the mails of stored rollups."""

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from chatcore.mail import outbox
from chatcore.models import OutgoingMail
from observability.models import Recipient, WeeklyRollup
from observability.rollup import storage, weeks
from observability.rollup.mail import Mail, message

KIND = "weekly rollup"
TAKEN_OFF = "The address was taken off the list."
TOO_LATE = "It could not be sent before the next one was due."


class RollupLetter:
    """Writes the mails of rollups, each as its rollup is stored when it is sent."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, datetime], Mail] = {}
        """By rollup, and when that was made: between two mails it may be made anew."""

    def unwanted(self, mail: OutgoingMail) -> str:
        """See `Letter`."""
        rollup = storage.light().get(pk=mail.about_id)
        listed = Recipient.objects.filter(
            email__iexact=mail.address, organisation=rollup.organisation_id, active=True
        )
        if not listed.exists():
            return TAKEN_OFF
        last = weeks.last_due(timezone.now())
        is_old = rollup.week_ending < last and mail.queued_at < weeks.due_at(last)
        return TOO_LATE if is_old else ""

    def message(self, mail: OutgoingMail) -> EmailMessage:
        """See `Letter`. From the claim on the rollup stays as it is: see `making.remake`."""
        with transaction.atomic():
            rollup = storage.lock(mail.about_id)
            key = (rollup.pk, rollup.made_at)
            if key not in self._made:
                rollup.refresh_from_db(fields=storage.LONG)
        if key not in self._made:
            self._made[key] = storage.mail_of(rollup)
        made = message(self._made[key], mail.address)
        made.extra_headers["Message-ID"] = message_id(rollup, mail.address)
        return made


def connect() -> None:
    """Register the letter with the outbox."""
    outbox.register(KIND, RollupLetter)


def queue_mails(rollup: WeeklyRollup, *, listed_by: datetime, now: datetime) -> None:
    """Queue a rollup's mails to whoever was on the list by a moment: later ones get the next rollup."""
    recipients = Recipient.objects.filter(
        organisation=rollup.organisation_id, active=True, since__lte=listed_by
    )
    outbox.queue(KIND, rollup, recipients.values_list("email", flat=True), now=now)


def message_id(rollup: WeeklyRollup, address: str) -> str:
    """The same for the same rollup and address, so that a mail that comes twice is known as one."""
    whose = rollup.organisation_id or "all"
    digest = sha256(address.lower().encode()).hexdigest()[:16]
    so_far = ".so-far" if rollup.was_early else ""
    return f"<weekly-rollup.{rollup.week_ending}{so_far}.{whose}.{digest}@{settings.INSTALLATION}.chatcore>"
