"""The moment at which a weekly rollup is due, and its recipients."""

from datetime import UTC, datetime

from chatcore.models import Organisation
from observability.models import Recipient
from tests.observability.records import moment

DUE = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def add_recipient(
    email: str, organisation: Organisation | None = None, *, since: float = -20
) -> Recipient:
    """Put somebody on the list, as of so many days into the week."""
    made = Recipient.objects.create(email=email, organisation=organisation)
    Recipient.objects.filter(pk=made.pk).update(since=moment(since))
    return made
