"""What staff see of the weekly rollups, and what they may do."""

import csv
import io
import re
import subprocess
import sys

import pytest
from django.urls import reverse

from chatcore.models import Organisation, OutgoingMail, Role
from observability.models import Recipient
from observability.rollup import report
from observability.rollup.storage import mail_of
from tests.factories import browser, make_member, make_user
from tests.observability import rollup_samples
from tests.observability.rollup_rows import keep, mail
from tests.services.smtp import mail_server

pytestmark = pytest.mark.django_db
Status = OutgoingMail.Status
RECIPIENTS = "/admin/observability/recipient/"


@pytest.fixture
def acme():
    return Organisation.objects.create(name="Acme")


@pytest.fixture
def rollup(acme):
    return keep(rollup_samples.ordinary(), acme)


@pytest.fixture
def uncertain(rollup):
    return mail(rollup, "ops@example.com", Status.UNCERTAIN, "Whoever sent it was killed.")


def staff(role=Role.AUDITOR, **fields):
    """A browser of somebody who works here."""
    staff, _ = Organisation.objects.get_or_create(name="Staff")
    return browser(make_member("sam", staff, role, **fields))


def boss():
    """A superuser's browser."""
    return browser(make_user("boss", is_superuser=True))


def page_of(rollup):
    return reverse("admin:observability_weeklyrollup_change", args=[rollup.pk])


def messages(answer):
    return [str(message) for message in answer.context["messages"]]


class TestTheListOfRollups:
    def test_says_what_became_of_the_mails(self, rollup, uncertain):
        mail(rollup, "a@example.com", Status.SENT)

        page = boss().get("/admin/observability/weeklyrollup/").text

        assert "1 sent, 1 uncertain" in page
        assert "2026-11-22" in page


class TestARollupsPage:
    def test_says_what_the_mail_says(self, rollup):
        page = staff().get(page_of(rollup)).text

        for number in re.findall(r"[\d,.]*\d", mail_of(rollup).text.partition("-" * 76)[0]):
            assert number in page

    def test_shows_the_charts_that_were_mailed(self, rollup):
        sam = staff()
        addresses = re.findall(r'<img src="([^"]+\.png)"', sam.get(page_of(rollup)).text)

        assert len(addresses) == 2
        for address in addresses:
            answer = sam.get(address)
            assert answer["Content-Type"] == "image/png"
            assert answer.content.startswith(b"\x89PNG")

    def test_gives_the_sheet_that_was_mailed(self, rollup):
        sam = staff()
        answer = sam.get(reverse("admin:observability_rollup_sheet", args=[rollup.pk]))

        assert answer.content == mail_of(rollup).sheet
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == len(report.load(rollup.content).cells)

    def test_says_what_became_of_each_mail(self, rollup, uncertain):
        page = staff().get(page_of(rollup)).text

        assert "Uncertain: it may have arrived" in page
        assert "Whoever sent it was killed." in page

    def test_says_that_nobody_was_sent_it(self, rollup):
        assert "sent to nobody" in staff().get(page_of(rollup)).text

    def test_changes_nothing(self, rollup):
        page = boss().get(page_of(rollup)).text
        assert 'name="_save"' not in page

    def test_is_shown_without_what_draws(self):
        """The web process holds the admin, and would hold matplotlib's tens of megabytes with it."""
        program = (
            "import sys, django; django.setup(); import chatcore.urls, observability.rollup.job; "
            "print('matplotlib' in sys.modules)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert ran.stdout.split()[-1] == "False"


class TestSendMeATest:
    def test_goes_to_whoever_asked_and_does_not_go_through_the_outbox(self, rollup, mailbox):
        sam = staff(email="sam@example.com")
        answer = sam.post(reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True)

        [test] = mailbox.messages
        assert test["To"] == "sam@example.com"
        assert test["Subject"] == f"Test: {mail_of(rollup).subject}"
        assert messages(answer) == ["The mail server took it for sam@example.com."]
        assert not OutgoingMail.objects.exists()

    def test_says_that_there_is_no_address(self, rollup, mailbox):
        sam = staff()
        answer = sam.post(reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True)

        assert "your account has no e-mail address" in messages(answer)[0]
        assert mailbox.messages == []

    def test_says_that_there_is_no_mail_server(self, rollup, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        sam = staff(email="sam@example.com")
        answer = sam.post(reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True)

        assert messages(answer) == ["Not sent: this site has no mail server. EMAIL_URL names one."]

    def test_says_that_the_mail_server_is_away(self, rollup, settings):
        with mail_server() as gone:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = gone.host, gone.port
        sam = staff(email="sam@example.com")
        answer = sam.post(reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True)

        assert messages(answer) == [
            "Not sent: the mail server did not take it (ConnectionRefusedError)."
        ]


class TestSendAgain:
    @pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.FAILED])
    def test_puts_the_mail_in_the_queue(self, rollup, uncertain, status):
        OutgoingMail.objects.update(status=status)
        sam = boss()
        address = reverse("admin:observability_rollup_again", args=[rollup.pk, uncertain.pk])
        assert address in sam.get(page_of(rollup)).text

        answer = sam.post(address, follow=True)

        uncertain.refresh_from_db()
        assert (uncertain.status, uncertain.trouble) == (Status.QUEUED, "")
        assert messages(answer) == ["It waits to be sent; the worker looks once a minute."]

    @pytest.mark.parametrize("status", [Status.SENT, Status.SENDING])
    def test_leaves_a_mail_alone_that_went_or_goes_out(self, rollup, uncertain, status):
        OutgoingMail.objects.update(status=status)
        sam = boss()
        address = reverse("admin:observability_rollup_again", args=[rollup.pk, uncertain.pk])
        assert address not in sam.get(page_of(rollup)).text

        answer = sam.post(address, follow=True)

        uncertain.refresh_from_db()
        assert uncertain.status == status
        assert "Nothing was done" in messages(answer)[0]

    def test_is_not_for_those_who_may_only_look(self, rollup, uncertain):
        sam = staff()
        address = reverse("admin:observability_rollup_again", args=[rollup.pk, uncertain.pk])

        assert address not in sam.get(page_of(rollup)).text
        assert sam.post(address).status_code == 403


class TestRecipients:
    def test_are_bound_to_an_organisation(self, acme):
        form = {"email": "ann@example.com", "organisation": acme.pk, "active": "on"}
        staff(Role.ADMINISTRATOR).post(f"{RECIPIENTS}add/", form)

        one = Recipient.objects.get()
        assert (one.email, one.organisation, one.added_by.username) == (
            "ann@example.com",
            acme,
            "sam",
        )

    def test_of_all_organisations_are_made_by_superusers(self):
        form = {"email": "ops@example.com", "organisation": "", "active": "on"}
        boss().post(f"{RECIPIENTS}add/", form)

        assert Recipient.objects.get().organisation is None

    def test_of_all_organisations_are_made_by_nobody_else(self):
        form = {"email": "sam@example.com", "organisation": "", "active": "on"}
        page = staff(Role.ADMINISTRATOR).post(f"{RECIPIENTS}add/", form).text

        assert "only superusers may have the numbers of all organisations sent" in page
        assert not Recipient.objects.exists()

    def test_of_all_organisations_are_not_taken_over(self, acme):
        operator = Recipient.objects.create(email="ops@example.com")
        mine = Recipient.objects.create(email="sam@example.com", organisation=acme)
        sam = staff(Role.ADMINISTRATOR)
        form = {"email": "sam@example.com", "organisation": "", "active": "on"}

        assert sam.post(f"{RECIPIENTS}{operator.pk}/change/", form).status_code == 403
        assert sam.post(f"{RECIPIENTS}{operator.pk}/delete/", {"post": "yes"}).status_code == 403
        sam.post(f"{RECIPIENTS}{mine.pk}/change/", form)
        assert Recipient.objects.get(pk=mine.pk).organisation == acme

    def test_are_on_the_list_once(self, acme):
        Recipient.objects.create(email="ann@example.com", organisation=acme)
        form = {"email": "ANN@example.com", "organisation": acme.pk, "active": "on"}
        page = staff(Role.ADMINISTRATOR).post(f"{RECIPIENTS}add/", form).text

        assert "This address is on the list already." in page
