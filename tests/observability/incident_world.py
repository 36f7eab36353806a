"""Incidents to test with: a site with two keys, its boss, and ways to make and end trouble."""

from chatcore.models import User
from observability.alerts import mails, raise_incident, refusals
from observability.models import Incident
from observability.tasks import STEPS
from routing.models import Provider, ProviderKey

KEY = Incident.Kind.KEY_REFUSED
SUBJECT = "openai / test key"


def make_keys(settings) -> None:
    """One key of OpenAI's and one of Kimi's, beside the shipped tables."""
    for slug in ("openai", "kimi"):
        settings.ENV_KEYS[slug] = "test-key"
        ProviderKey.objects.create(
            provider=Provider.objects.get(slug=slug),
            label="test key",
            source=ProviderKey.Source.ENVIRONMENT,
        )


def make_boss(email: str = "boss@example.com") -> User:
    """A superuser with an address."""
    return User.objects.create(username=email, is_superuser=True, email=email)


def refuse(subject: str = SUBJECT, text: str = "It refused the key.") -> None:
    """A key is refused."""
    raise_incident(kind=KEY, subject=subject, text=text)


def fail(text: str = "Two cases failed.") -> None:
    """The smoke evaluation fails."""
    raise_incident(kind=Incident.Kind.SMOKE_FAILED, subject="smoke evaluation", text=text)


def sweep() -> None:
    """The steps of the minute's sweep that are about incidents, in their order."""
    for step in (mails.mail_incidents, refusals.close_what_works_again):
        assert step in STEPS
        step()
