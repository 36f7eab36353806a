"""What staff see of the weekly rollups, and what they may do."""

import csv
import io
import re
import subprocess
import sys

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from chatcore.identity.roles import make_roles
from chatcore.models import Organisation, OutgoingMail
from observability.models import Recipient
from observability.rollup import report
from observability.rollup.storage import mail_of
from routing.seeding import seed
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


def staff(name, *permissions, boss=False, role="", **fields):
    """A browser of somebody who works here."""
    user = User.objects.create_user(name, is_staff=True, is_superuser=boss, **fields)
    user.groups.set(Group.objects.filter(name=role))
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def page_of(rollup):
    return reverse("admin:observability_weeklyrollup_change", args=[rollup.pk])


def said(answer):
    return [str(message) for message in answer.context["messages"]]


class TestTheListOfRollups:
    def test_says_what_became_of_the_mails(self, rollup, uncertain):
        mail(rollup, "a@example.com", Status.SENT)

        page = staff("boss", boss=True).get("/admin/observability/weeklyrollup/").text

        assert "1 sent, 1 uncertain" in page
        assert "2026-11-22" in page


class TestARollupsPage:
    def test_says_what_the_mail_says(self, rollup):
        page = staff("sam", "view_weeklyrollup").get(page_of(rollup)).text

        for number in re.findall(r"[\d,.]*\d", mail_of(rollup).text.partition("-" * 76)[0]):
            assert number in page

    def test_shows_the_charts_that_were_mailed(self, rollup):
        browser = staff("sam", "view_weeklyrollup")
        addresses = re.findall(r'<img src="([^"]+\.png)"', browser.get(page_of(rollup)).text)

        assert len(addresses) == 2
        for address in addresses:
            answer = browser.get(address)
            assert answer["Content-Type"] == "image/png"
            assert answer.content.startswith(b"\x89PNG")

    def test_gives_the_sheet_that_was_mailed(self, rollup):
        browser = staff("sam", "view_weeklyrollup")
        answer = browser.get(reverse("admin:observability_rollup_sheet", args=[rollup.pk]))

        assert answer.content == mail_of(rollup).sheet
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == len(report.load(rollup.content).cells)

    def test_says_what_became_of_each_mail(self, rollup, uncertain):
        page = staff("sam", "view_weeklyrollup").get(page_of(rollup)).text

        assert "Uncertain: it may have arrived" in page
        assert "Whoever sent it was killed." in page

    def test_says_that_nobody_was_sent_it(self, rollup):
        assert "sent to nobody" in staff("sam", "view_weeklyrollup").get(page_of(rollup)).text

    def test_changes_nothing(self, rollup):
        page = staff("boss", boss=True).get(page_of(rollup)).text
        assert 'name="_save"' not in page

    @pytest.mark.parametrize("view", ["sheet", "picture", "test"])
    def test_is_for_those_who_may_see_it(self, rollup, view):
        name = {"name": "cost_per_day"} if view == "picture" else {}
        address = reverse(f"admin:observability_rollup_{view}", kwargs={"pk": rollup.pk, **name})
        browser = staff("sam")

        assert browser.get(page_of(rollup)).status_code == 403
        assert (browser.post if view == "test" else browser.get)(address).status_code == 403

    @pytest.mark.parametrize("role", ["auditors", "policy editors"])
    def test_is_seen_by_those_whom_it_concerns(self, rollup, role):
        seed()
        make_roles()
        browser = staff("sam", role=role)

        assert browser.get(page_of(rollup)).status_code == 200
        assert browser.get(RECIPIENTS).status_code == 200
        assert browser.get(f"{RECIPIENTS}add/").status_code == 403

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
        browser = staff("sam", "view_weeklyrollup", email="sam@example.com")
        answer = browser.post(
            reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True
        )

        [test] = mailbox.messages
        assert test["To"] == "sam@example.com"
        assert test["Subject"] == f"Test: {mail_of(rollup).subject}"
        assert said(answer) == ["The mail server took it for sam@example.com."]
        assert not OutgoingMail.objects.exists()

    def test_says_that_there_is_no_address(self, rollup, mailbox):
        browser = staff("sam", "view_weeklyrollup")
        answer = browser.post(
            reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True
        )

        assert "your account has no e-mail address" in said(answer)[0]
        assert mailbox.messages == []

    def test_says_that_there_is_no_mail_server(self, rollup, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        browser = staff("sam", "view_weeklyrollup", email="sam@example.com")
        answer = browser.post(
            reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True
        )

        assert said(answer) == ["Not sent: this site has no mail server. EMAIL_URL names one."]

    def test_says_that_the_mail_server_is_away(self, rollup, settings):
        with mail_server() as gone:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = gone.host, gone.port
        browser = staff("sam", "view_weeklyrollup", email="sam@example.com")
        answer = browser.post(
            reverse("admin:observability_rollup_test", args=[rollup.pk]), follow=True
        )

        assert said(answer) == [
            "Not sent: the mail server did not take it (ConnectionRefusedError)."
        ]


class TestSendAgain:
    @pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.FAILED])
    def test_puts_the_mail_in_the_queue(self, rollup, uncertain, status):
        OutgoingMail.objects.update(status=status)
        browser = staff("sam", "view_weeklyrollup", "change_outgoingmail")
        address = reverse("admin:observability_rollup_again", args=[rollup.pk, uncertain.pk])
        assert address in browser.get(page_of(rollup)).text

        answer = browser.post(address, follow=True)

        uncertain.refresh_from_db()
        assert (uncertain.status, uncertain.trouble) == (Status.QUEUED, "")
        assert said(answer) == ["It waits to be sent; the worker looks once a minute."]

    @pytest.mark.parametrize("status", [Status.SENT, Status.SENDING])
    def test_leaves_a_mail_alone_that_went_or_goes_out(self, rollup, uncertain, status):
        OutgoingMail.objects.update(status=status)
        browser = staff("sam", "view_weeklyrollup", "change_outgoingmail")
        address = reverse("admin:observability_rollup_again", args=[rollup.pk, uncertain.pk])
        assert address not in browser.get(page_of(rollup)).text

        answer = browser.post(address, follow=True)

        uncertain.refresh_from_db()
        assert uncertain.status == status
        assert "Nothing was done" in said(answer)[0]

    def test_is_not_for_those_who_may_only_look(self, rollup, uncertain):
        browser = staff("sam", "view_weeklyrollup")
        address = reverse("admin:observability_rollup_again", args=[rollup.pk, uncertain.pk])

        assert address not in browser.get(page_of(rollup)).text
        assert browser.post(address).status_code == 403


class TestRecipients:
    MANAGER = ("view_recipient", "add_recipient", "change_recipient", "delete_recipient")

    def test_are_bound_to_an_organisation(self, acme):
        form = {"email": "ann@example.com", "organisation": acme.pk, "active": "on"}
        staff("sam", *self.MANAGER).post(f"{RECIPIENTS}add/", form)

        one = Recipient.objects.get()
        assert (one.email, one.organisation, one.added_by.username) == (
            "ann@example.com",
            acme,
            "sam",
        )

    def test_of_all_organisations_are_made_by_superusers(self):
        form = {"email": "ops@example.com", "organisation": "", "active": "on"}
        staff("boss", boss=True).post(f"{RECIPIENTS}add/", form)

        assert Recipient.objects.get().organisation is None

    def test_of_all_organisations_are_made_by_nobody_else(self):
        form = {"email": "sam@example.com", "organisation": "", "active": "on"}
        page = staff("sam", *self.MANAGER).post(f"{RECIPIENTS}add/", form).text

        assert "only superusers may have the numbers of all organisations sent" in page
        assert not Recipient.objects.exists()

    def test_of_all_organisations_are_not_taken_over(self, acme):
        operator = Recipient.objects.create(email="ops@example.com")
        mine = Recipient.objects.create(email="sam@example.com", organisation=acme)
        browser = staff("sam", *self.MANAGER)
        form = {"email": "sam@example.com", "organisation": "", "active": "on"}

        assert browser.post(f"{RECIPIENTS}{operator.pk}/change/", form).status_code == 403
        assert (
            browser.post(f"{RECIPIENTS}{operator.pk}/delete/", {"post": "yes"}).status_code == 403
        )
        browser.post(f"{RECIPIENTS}{mine.pk}/change/", form)
        assert Recipient.objects.get(pk=mine.pk).organisation == acme

    def test_are_on_the_list_once(self, acme):
        Recipient.objects.create(email="ann@example.com", organisation=acme)
        form = {"email": "ANN@example.com", "organisation": acme.pk, "active": "on"}
        page = staff("sam", *self.MANAGER).post(f"{RECIPIENTS}add/", form).text

        assert "This address is on the list already." in page
