"""What keeps one incident's mail from going out keeps no other from it, and staff see it and can mend it."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chatcore.models import User
from observability.alerts import close_incident, mails, raise_incident
from observability.models import Incident, IncidentMail

pytestmark = pytest.mark.django_db
KIND = Incident.Kind.SMOKE_FAILED
Status = IncidentMail.Status


def fail(subject: str = "smoke evaluation") -> None:
    raise_incident(kind=KIND, subject=subject, text="Two cases failed.")


def boss(address: str) -> User:
    return User.objects.create_superuser(address, address)


def later() -> None:
    IncidentMail.objects.update(changed_at=timezone.now() - timedelta(hours=1))


class TestAServerThatRefusesWhoSends:
    def test_is_asked_again_once_staff_have_mended_that(self, mailbox):
        boss("boss@example.com")
        mailbox.trouble = "refuse sender"
        fail()
        mails.mail_incidents()

        mail = IncidentMail.objects.get()
        assert (mail.status, mail.words) == (
            Status.WAITING,
            "The mail server refused the sender (530).",
        )
        mailbox.trouble = ""
        later()
        mails.mail_incidents()
        assert len(mailbox.messages) == 1


class TestAnAddressThatCannotBeUsed:
    @pytest.mark.parametrize("address", ["boss@", "x@" + "a" * 70 + ".org"])
    def test_is_noted_and_stops_no_other(self, mailbox, address):
        boss(address)
        boss("zoe@example.com")
        fail()

        mails.mail_incidents()

        assert [message["To"] for message in mailbox.messages] == ["zoe@example.com"]
        mail = IncidentMail.objects.get(address=address)
        assert (mail.status, mail.words) == (Status.REFUSED, "The address cannot be used.")


class TestALetterThatCannotBeWritten:
    def test_is_noted_and_stops_no_other(self, mailbox, caplog):
        boss("boss@example.com")
        fail("one")
        fail("two")
        Incident.objects.filter(subject="one").update(kind="unheard_of")

        mails.mail_incidents()

        assert len(mailbox.messages) == 1
        mail = IncidentMail.objects.get(incident__subject="one")
        assert (mail.status, mail.words) == (
            Status.WAITING,
            "It could not be put together; it is tried again.",
        )
        assert "was not sent" in caplog.text


class TestAServerThatIsNotThere:
    @pytest.fixture
    def silence(self, settings) -> Iterator[socket.socket]:
        """A port that takes connections and never says a word."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            settings.EMAIL_TIMEOUT = 0.2
            yield server

    def test_is_waited_for_once(self, silence):
        for address in ("a@example.com", "b@example.com", "c@example.com"):
            boss(address)
        fail()

        mails.mail_incidents()

        tried = IncidentMail.objects.exclude(words="")
        assert "could not be reached" in tried.get().words


class TestAMailThatWasRefused:
    @pytest.fixture
    def refused(self, mailbox) -> Incident:
        boss("boss@example.com")
        mailbox.trouble = "refuse address"
        fail()
        mails.mail_incidents()
        mailbox.trouble = ""
        assert IncidentMail.objects.get().status == Status.REFUSED
        return Incident.objects.get()

    @pytest.fixture
    def browser(self, refused) -> Client:
        made = Client()
        made.force_login(User.objects.get())
        return made

    def test_is_sent_again_where_staff_want_it(self, mailbox, refused, browser):
        said = self._again(browser, refused)
        mails.mail_incidents()

        assert "1 mail waits to be sent again" in said
        assert len(mailbox.messages) == 1

    def test_is_not_sent_again_of_what_is_over(self, refused, browser):
        close_incident(kind=KIND, subject=refused.subject)

        assert "Nothing was done" in self._again(browser, refused)
        assert IncidentMail.objects.get().status == Status.REFUSED

    def _again(self, browser: Client, incident: Incident) -> str:
        return browser.post(
            "/admin/observability/incident/",
            {"action": "send_again", "_selected_action": [incident.pk]},
            follow=True,
        ).content.decode()
