"""Each incident is mailed once to each address that is to know of it."""

import pytest
from django.core import mail as django_mail

from chatcore.mail.smtp import is_set_up
from chatcore.models import Organisation, OutgoingMail, User
from observability.alerts import close_incident, mails
from observability.models import Incident, Recipient
from routing.models import Ladder, Provider
from routing.services import credentials, policy
from tests.factories import browser
from tests.observability.incident_world import SUBJECT, fail, make_boss, make_keys, refuse, sweep

SMOKE = Incident.Kind.SMOKE_FAILED
Status = OutgoingMail.Status


@pytest.fixture
def site(db, settings, shipped) -> None:
    settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
    settings.ENV_BASE_URLS = {}
    shipped()
    make_keys(settings)


@pytest.fixture
def boss(db) -> User:
    return make_boss()


def end(subject: str = "smoke evaluation") -> None:
    close_incident(kind=SMOKE, subject=subject)


@pytest.mark.usefixtures("site", "boss")
class TestTheMail:
    def test_says_what_happened_what_users_notice_and_what_to_do(self, mailbox, settings):
        settings.SITE_URL = "https://chat.example.com"
        refuse(text="Asked for openai/luna, openai refused the key (HTTP 401).")
        sweep()

        (message,) = mailbox.messages
        body = message.get_content()
        assert message["Subject"] == f"[Chatcore] A provider refuses the key {SUBJECT}"
        assert "Asked for openai/luna, openai refused the key (HTTP 401)." in body
        assert "These ladders still serve, by their other rungs: ambiguous_or_other," in body
        assert "https://chat.example.com/admin/routing/providerkey/" in body
        key = Incident.objects.get().pk
        assert f"https://chat.example.com/admin/observability/incident/{key}/change/" in body

    def test_names_the_ladders_that_have_nobody_else(self, mailbox):
        lonely = Ladder.objects.get(name="social_chat")
        lonely.rungs.exclude(deployment__provider__slug="openai").delete()
        policy.publish(author=None)
        refuse()
        sweep()

        body = mailbox.messages[0].get_content()
        assert "no answer from these ladders, which have nobody else: social_chat." in body

    def test_says_where_another_key_serves(self, mailbox, boss):
        credentials.add_key(
            provider=Provider.objects.get(slug="openai"),
            label="spare",
            value="test-key-0123456789",
            enabled=True,
            by=boss,
        )
        refuse()
        sweep()

        assert "Another key of this provider serves meanwhile" in mailbox.messages[0].get_content()


@pytest.mark.usefixtures("boss")
class TestAnIncident:
    def test_is_mailed_once_however_often_it_is_swept(self, mailbox):
        for _ in range(3):
            fail()
            sweep()

        assert len(mailbox.messages) == 1

    def test_is_mailed_to_whoever_gets_the_rollup_of_all(self, mailbox):
        Recipient.objects.create(email="ops@example.com")
        Recipient.objects.create(email="off@example.com", active=False)
        acme = Organisation.objects.create(name="Acme")
        Recipient.objects.create(email="acme@example.com", organisation=acme)
        fail()
        sweep()

        assert [message["To"] for message in mailbox.messages] == ["ops@example.com"]

    def test_is_not_mailed_where_it_is_over(self, mailbox):
        fail()
        end()
        sweep()

        assert not mailbox.messages

    @pytest.fixture
    def unsent(self, mailbox) -> OutgoingMail:
        """A mail that the server would not take before the incident was over."""
        mailbox.trouble = "refuse mail for now"
        fail()
        sweep()
        end()
        mailbox.trouble = ""
        OutgoingMail.objects.update(claimed_until=None)
        return OutgoingMail.objects.get()

    def test_that_was_over_before_its_mail_went_out_is_not_mailed(self, mailbox, unsent):
        sweep()

        unsent.refresh_from_db()
        assert (unsent.status, unsent.trouble) == (Status.FAILED, mails.OVER)
        assert not mailbox.messages

    def test_that_comes_back_before_its_mail_went_out_is_mailed(self, mailbox, unsent):
        sweep()
        fail()
        sweep()

        assert len(mailbox.messages) == 1
        assert OutgoingMail.objects.get().status == Status.SENT

    def test_whose_mail_was_refused_is_mailed_again_where_staff_want_it(self, mailbox, boss):
        self._refuse(mailbox)

        page = self._again(boss)
        mails.mail_incidents()

        assert "1 mail waits to be sent again" in page
        assert len(mailbox.messages) == 1

    def test_whose_mail_was_refused_is_not_mailed_again_once_it_is_over(self, mailbox, boss):
        self._refuse(mailbox)
        end()

        assert "Nothing was done" in self._again(boss)
        assert OutgoingMail.objects.get().status == Status.FAILED

    def _refuse(self, mailbox) -> None:
        mailbox.trouble = "refuse address"
        fail()
        sweep()
        mailbox.trouble = ""

    def _again(self, user: User) -> str:
        return (
            browser(user)
            .post(
                "/admin/observability/incident/",
                {"action": "send_again", "_selected_action": [Incident.objects.get().pk]},
                follow=True,
            )
            .content.decode()
        )


class TestWithoutAnybodyToMail:
    def test_the_page_says_that_there_is_no_mail_server(self, boss, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert not is_set_up()
        fail()
        sweep()

        assert mails.NO_SERVER in self._page(boss)
        assert not hasattr(django_mail, "outbox") or not django_mail.outbox

    def test_the_page_says_that_nobody_has_an_address(self, boss, mailbox):
        type(boss).objects.update(email="")
        fail()
        sweep()

        assert mails.NOBODY in self._page(boss)
        assert not mailbox.messages

    def test_whoever_comes_later_is_mailed(self, boss, mailbox):
        type(boss).objects.update(email="")
        fail()
        sweep()
        type(boss).objects.update(email="late@example.com")
        sweep()

        assert [message["To"] for message in mailbox.messages] == ["late@example.com"]

    def _page(self, user) -> str:
        client = browser(user)
        listed = client.get("/admin/observability/incident/")
        assert listed.status_code == 200
        key = Incident.objects.get().pk
        shown = client.get(f"/admin/observability/incident/{key}/change/").content.decode()
        assert "Two cases failed." in shown
        return shown
