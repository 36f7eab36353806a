"""Mails of a kind that only tests know: a note about an organisation."""

from django.core.mail import EmailMessage
from django.utils import timezone

from chatcore.mail import outbox
from chatcore.models import Organisation, OutgoingMail

KIND = "a note"


class Note:
    """Writes a note, unless its organisation has been switched off."""

    def unwanted(self, mail: OutgoingMail) -> str:
        """See `Letter`."""
        return "" if mail.about.active else "It was switched off."

    def message(self, mail: OutgoingMail) -> EmailMessage:
        """See `Letter`."""
        if mail.about.name == "unspeakable":
            raise RuntimeError(mail.about.name)
        return EmailMessage(subject="A note", body=f"About {mail.about}.", to=[mail.address])


def queued(about: Organisation, address: str = "ops@example.com") -> OutgoingMail:
    """The note about an organisation to an address, queued."""
    outbox.register(KIND, Note)
    outbox.queue(KIND, about, [address], now=timezone.now())
    return OutgoingMail.objects.get(about_id=about.pk, address__iexact=address)
