"""A queued mail is sent once, and again only where it surely did not arrive."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from chatcore.db.claims import Claim
from chatcore.mail import outbox
from chatcore.models import Organisation, OutgoingMail
from tests.chatcore.letters import queued
from tests.services.smtp import Mailbox, site_mailbox

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
Status = OutgoingMail.Status


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    with site_mailbox(settings) as box:
        yield box


@pytest.fixture
def mail(acme) -> OutgoingMail:
    return queued(acme)


def send() -> None:
    outbox.send(OutgoingMail.objects.all())


def take(mail: OutgoingMail) -> Claim:
    claim = outbox.take(mail, now=NOW)
    assert claim is not None
    return claim


def rows() -> list[tuple[str, str]]:
    """What became of the mails, in the order of their addresses."""
    return list(OutgoingMail.objects.values_list("status", "trouble"))


class TestAQueuedMail:
    def test_is_sent_once_however_often_somebody_looks(self, mail, mailbox):
        for _ in range(3):
            send()

        (message,) = mailbox.messages
        assert (message["To"], message["Subject"]) == ("ops@example.com", "A note")
        mail.refresh_from_db()
        assert (mail.status, mail.sent_at) == (Status.SENT, NOW)

    def test_is_queued_once_to_an_address_in_whatever_letters(self, mail, mailbox, acme):
        queued(acme, "Ops@Example.com")
        send()

        assert len(mailbox.messages) == 1

    def test_is_not_sent_once_it_is_enabled_no_more(self, mail, mailbox, acme):
        Organisation.objects.update(active=False)
        send()

        assert (mailbox.messages, rows()) == ([], [(Status.FAILED, "It was switched off.")])

    def test_waits_for_a_mail_server_where_there_is_none(self, mail, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        send()
        assert rows() == [(Status.QUEUED, outbox.NO_SERVER)]

        with site_mailbox(settings):
            send()
        assert rows() == [(Status.SENT, "")]

    def test_keeps_no_other_from_going_out_where_it_cannot_be_written(self, mail, mailbox, caplog):
        queued(Organisation.objects.create(name="unspeakable"), "a@example.com")
        send()

        assert rows() == [(Status.QUEUED, outbox.UNWRITTEN), (Status.SENT, "")]
        assert "was not sent" in caplog.text

    @pytest.mark.parametrize("address", ["boss@", "x@" + "a" * 70 + ".org"])
    def test_keeps_no_other_from_going_out_where_its_address_cannot_be_used(
        self, acme, mailbox, address
    ):
        queued(acme, address)
        queued(acme, "zoe@example.com")
        send()

        assert rows() == [(Status.FAILED, "The address cannot be used."), (Status.SENT, "")]


class TestAMailThatWasRefused:
    def test_for_good_is_given_up(self, mail, mailbox):
        mailbox.trouble = "refuse address"
        send()
        send()

        assert rows() == [(Status.FAILED, "The mail server refused the address (550).")]
        assert len(mailbox.addresses) == 1

    @pytest.mark.parametrize("trouble", ["refuse address for now", "refuse mail for now"])
    def test_for_now_is_tried_again_after_a_pause(self, mail, clock, mailbox, trouble):
        mailbox.trouble = trouble
        send()
        mailbox.trouble = ""
        clock.shift(outbox.PAUSES[0] - timedelta(seconds=1))
        send()
        assert (mailbox.messages, rows()[0][0]) == ([], Status.QUEUED)

        clock.shift(timedelta(seconds=1))
        send()
        assert (len(mailbox.messages), rows()) == (1, [(Status.SENT, "")])

    def test_again_and_again_is_given_up(self, mail, clock, mailbox):
        mailbox.trouble = "refuse mail for now"
        for _ in range(10):
            send()
            clock.shift(timedelta(hours=13))

        assert rows() == [(Status.FAILED, "The mail server refused the mail (451).")]
        assert len(mailbox.addresses) == 1 + len(outbox.PAUSES)

    def test_because_of_its_sender_waits_until_staff_have_mended_that(self, acme, clock, mailbox):
        for name in "ab":
            queued(acme, f"{name}@example.com")
        mailbox.trouble = "refuse sender"
        for _ in range(10):
            send()
            clock.shift(outbox.SERVER_PAUSE)

        # It is not the addresses' fault, and the second would have met the same.
        why = "The mail server refused the sender (530)."
        assert rows() == [(Status.QUEUED, why), (Status.QUEUED, "")]
        mailbox.trouble = ""
        clock.shift(outbox.SERVER_PAUSE)
        send()
        assert len(mailbox.messages) == 2


class TestAServerThatIsNotThere:
    @pytest.fixture(params=["refuses", "is silent"])
    def _away(self, request, settings) -> Iterator[None]:
        """A port that takes no connection, or takes it and never says a word."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            settings.EMAIL_TIMEOUT = 0.2
            if request.param == "refuses":
                server.close()
            yield

    @pytest.mark.usefixtures("_away")
    def test_is_tried_once_for_all_mails(self, acme):
        for name in "abc":
            queued(acme, f"{name}@example.com")
        send()

        assert [status for status, _ in rows()] == [Status.QUEUED] * 3
        (tried,) = (trouble for _, trouble in rows() if trouble)
        assert "could not be reached" in tried


class TestAMailThatMayHaveArrived:
    @pytest.fixture(autouse=True)
    def _dropped(self, mail, mailbox) -> None:
        mailbox.trouble = "drop after mail"
        send()
        mailbox.trouble = ""

    def test_is_uncertain_and_says_why(self, mailbox):
        why = "The mail server had the whole mail and did not answer."
        assert (rows(), len(mailbox.messages)) == ([(Status.UNCERTAIN, why)], 1)

    def test_is_never_repeated_by_itself(self, clock, mailbox):
        for _ in range(3):
            clock.shift(timedelta(hours=30))
            send()

        assert (rows()[0][0], len(mailbox.messages)) == (Status.UNCERTAIN, 1)

    def test_is_repeated_when_staff_ask_for_it(self, mailbox):
        assert outbox.send_again(OutgoingMail.objects.all(), now=timezone.now()) == 1
        send()

        assert (rows(), len(mailbox.messages)) == ([(Status.SENT, "")], 2)
        assert outbox.send_again(OutgoingMail.objects.all(), now=timezone.now()) == 0


class TestAWorkerThatIsGone:
    def test_before_it_handed_its_mail_over_is_replaced(self, mail, clock, mailbox):
        lost = take(mail)
        send()
        assert mailbox.messages == []
        clock.shift(outbox.CLAIM + timedelta(seconds=1))
        send()

        assert (rows(), len(mailbox.messages)) == ([(Status.SENT, "")], 1)
        assert not outbox.hand_over(lost)  # too late for whoever slept

    def test_while_it_handed_its_mail_over_leaves_it_uncertain(self, mail, clock, mailbox):
        slow = take(mail)
        assert outbox.hand_over(slow)
        clock.shift(outbox.CLAIM + timedelta(seconds=1))
        send()

        assert (mailbox.messages, rows()) == ([], [(Status.UNCERTAIN, outbox.KILLED)])
        outbox.note_sent(slow)  # it was only slow
        assert rows() == [(Status.SENT, "")]
