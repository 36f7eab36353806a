"""The admin's pages of API tokens."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from chatcore.identity.members import member_of_token
from chatcore.models import ApiToken, Organisation, User
from tests.factories import make_token, make_user, organisation_of
from tests.services.smtp import mail_server

TOKENS = "/admin/chatcore/apitoken/"


def make(client: Client, user: User, organisation: Organisation | None = None, **fields):
    return client.post(
        f"{TOKENS}add/",
        {
            "name": "nightly report",
            "user": str(user.pk),
            "organisation": str((organisation or organisation_of(user)).pk),
            **fields,
        },
    )


def shown(html: str) -> str:
    found = re.search(r"cc_[\w-]{43}", html)
    assert found
    return found[0]


class TestTokens:
    def test_are_shown_once_when_made(self, boss, alice):
        token = shown(make(boss, alice).text)

        member = member_of_token(token)
        assert member is not None
        assert member.user_id == alice.pk
        row = ApiToken.objects.get()
        assert token not in boss.get(TOKENS).text
        assert token not in boss.get(f"{TOKENS}{row.pk}/change/").text

    def test_leave_no_text_in_the_database(self, boss, alice):
        token = shown(make(boss, alice).text)

        assert token not in str(ApiToken.objects.values().get())

    def test_are_made_for_one_of_a_person_s_organisations(self, boss, alice, globex):
        assert "alice cannot chat in this organisation." in make(boss, alice, globex).text
        assert not ApiToken.objects.exists()

    def test_are_made_for_members_only(self, boss, acme):
        assert "nobody cannot chat" in make(boss, make_user("nobody"), acme).text
        assert not ApiToken.objects.exists()

    def test_open_nothing_once_revoked(self, make_staff, alice):
        token = make_token(alice)

        make_staff("people_manager").post(
            TOKENS, {"action": "revoke", "_selected_action": [ApiToken.objects.get().pk]}
        )

        assert member_of_token(token) is None

    def test_say_whether_they_are_valid(self, boss, alice):
        make_token(alice)
        make_token(alice, expires_at=timezone.now() - timedelta(days=1))
        make_token(alice, revoked_at=timezone.now())

        listed = boss.get(TOKENS).text
        assert re.search(r"valid\b", listed)
        assert "expired 2" in listed
        assert "revoked 2" in listed


class TestATokenForSomebodyElse:
    @pytest.fixture
    def ann(self, alice) -> User:
        alice.email = "alice@acme.example"
        alice.save()
        return alice

    @pytest.mark.parametrize("role", ["people_manager", "administrator"])
    def test_is_made_by_superusers_only(self, make_staff, alice, role):
        assert make(make_staff(role), alice).status_code == 403
        assert not ApiToken.objects.exists()

    def test_is_told_to_them_by_mail(self, boss, ann):
        token = shown(make(boss, ann).text)

        [sent] = mail.outbox
        assert sent.to == ["alice@acme.example"]
        assert "sam made an API token that acts on your behalf at Acme" in str(sent.body)
        assert token not in str(sent.body)
        assert token[-4:] in str(sent.body)

    def test_is_known_to_its_maker_as_untold_where_no_mail_went_out(self, boss, ann, settings):
        with mail_server() as gone:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = gone.host, gone.port

        assert "alice could not be told by mail" in make(boss, ann).text

    def test_is_known_as_untold_too_where_they_have_no_address(self, boss, alice):
        assert "alice could not be told by mail" in make(boss, alice).text

    def test_stands_in_the_log_with_their_name(self, boss, alice):
        make(boss, alice)

        assert LogEntry.objects.get().change_message == "Acts for alice at Acme."

    def test_is_no_news_to_who_made_it_for_themselves(self, boss, staff):
        staff.email = "sam@acme.example"
        staff.save()

        assert "by mail" not in make(boss, staff).text
        assert mail.outbox == []
