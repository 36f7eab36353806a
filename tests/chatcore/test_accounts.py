"""Finding the member behind a session or a token; the demo accounts."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.utils import timezone

from chatcore.identity.demo import make_demo_accounts
from chatcore.identity.members import CHOSEN, Member, member_of_session, member_of_token
from chatcore.models import ApiToken, Membership, Organisation, User
from tests.factories import PASSWORD, browser, make_token, make_user


def session_of(user: User, chosen: Organisation | None = None) -> str:
    """The key of somebody's session, in which an organisation may stand as the chosen one."""
    client = browser(user)
    if chosen is not None:
        session = client.session
        session[CHOSEN] = chosen.pk
        session.save()
    return client.cookies["sessionid"].value


class TestMemberOfSession:
    def test_is_who_signed_in(self, alice, acme):
        assert member_of_session(session_of(alice)) == Member(alice.pk, acme.pk, "alice")

    def test_is_nobody_for_a_key_that_was_made_up(self, db):
        assert member_of_session("0123456789abcdef0123456789abcdef") is None

    def test_is_nobody_for_no_key(self, db):
        assert member_of_session("") is None

    def test_is_nobody_once_the_session_has_expired(self, alice):
        key = session_of(alice)
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

        assert member_of_session(key) is None

    def test_is_nobody_once_the_password_has_changed(self, alice):
        key = session_of(alice)
        alice.set_password("another password")
        alice.save()

        assert member_of_session(key) is None

    def test_is_nobody_once_the_account_is_switched_off(self, alice):
        key = session_of(alice)
        User.objects.update(is_active=False)

        assert member_of_session(key) is None

    def test_is_nobody_without_an_organisation(self, db):
        assert member_of_session(session_of(make_user("nobody"))) is None

    def test_is_nobody_once_the_organisation_is_switched_off(self, alice, acme):
        key = session_of(alice)
        acme.active = False
        acme.save()

        assert member_of_session(key) is None

    def test_belongs_at_first_to_the_organisation_that_they_came_to_first(
        self, alice, acme, globex
    ):
        Membership.objects.create(user=alice, organisation=globex)

        assert member_of_session(session_of(alice)).organisation_id == acme.pk

    def test_belongs_to_the_organisation_that_they_chose(self, alice, globex):
        Membership.objects.create(user=alice, organisation=globex)

        assert member_of_session(session_of(alice, globex)).organisation_id == globex.pk

    def test_belongs_to_another_one_once_the_chosen_one_is_switched_off(self, alice, acme, globex):
        Membership.objects.create(user=alice, organisation=globex)
        key = session_of(alice, globex)
        Organisation.objects.filter(pk=globex.pk).update(active=False)

        assert member_of_session(key).organisation_id == acme.pk

    def test_belongs_to_no_organisation_that_is_not_theirs(self, alice, acme, globex):
        key = session_of(alice, globex)

        assert member_of_session(key).organisation_id == acme.pk


class TestMemberOfToken:
    def test_is_on_whose_behalf_it_was_made(self, alice, acme):
        assert member_of_token(make_token(alice)) == Member(
            alice.pk, acme.pk, "alice", source="api"
        )

    def test_is_nobody_for_an_unknown_one(self, db):
        assert member_of_token("cc_unknown") is None

    def test_is_nobody_for_text_that_no_token_has(self, db):
        assert member_of_token("☃\x00") is None

    def test_is_nobody_once_it_is_revoked(self, alice):
        assert member_of_token(make_token(alice, revoked_at=timezone.now())) is None

    def test_is_nobody_once_it_has_expired(self, alice):
        past = timezone.now() - timedelta(seconds=1)

        assert member_of_token(make_token(alice, expires_at=past)) is None

    def test_is_somebody_until_it_expires(self, alice):
        later = timezone.now() + timedelta(minutes=1)

        assert member_of_token(make_token(alice, expires_at=later)) is not None

    def test_is_nobody_once_the_person_has_moved(self, alice, globex):
        token = make_token(alice)
        Membership.objects.update(organisation=globex)

        assert member_of_token(token) is None

    def test_stays_in_its_organisation_wherever_the_person_chats(self, alice, acme, globex):
        Membership.objects.create(user=alice, organisation=globex)
        token = make_token(alice, organisation=globex)
        session_of(alice, acme)

        assert member_of_token(token).organisation_id == globex.pk

    def test_notes_its_use(self, alice):
        member_of_token(make_token(alice))

        assert ApiToken.objects.get().last_used_at is not None

    def test_notes_its_use_once_a_minute_at_most(self, alice):
        just_now = timezone.now() - timedelta(seconds=30)
        member_of_token(make_token(alice, last_used_at=just_now))

        assert ApiToken.objects.get().last_used_at == just_now

    def test_keeps_no_text_of_it(self, alice):
        token = make_token(alice)

        kept = ApiToken.objects.values().get()
        assert token not in str(kept)


@pytest.mark.django_db
class TestDemoAccounts:
    @pytest.fixture
    def file(self, tmp_path, monkeypatch) -> Path:
        monkeypatch.delenv("CHATCORE_DEMO_PASSWORD", raising=False)
        return tmp_path / "logins"

    def logins(self, file: Path) -> dict[str, str]:
        return dict(line.split(" ", 1) for line in file.read_text().splitlines())

    def test_can_sign_in_as_the_file_says(self, file):
        make_demo_accounts(file)

        for name, password in self.logins(file).items():
            assert authenticate(username=name, password=password) is not None

    def test_are_an_end_user_and_a_superuser_of_one_organisation(self, file):
        make_demo_accounts(file)

        rights = {user.username: (user.is_staff, user.is_superuser) for user in User.objects.all()}
        assert rights == {"demo": (False, False), "staff": (True, True)}
        assert {place.organisation.name for place in Membership.objects.all()} == {"Demo"}

    def test_are_for_the_owner_s_eyes_only(self, file):
        make_demo_accounts(file)

        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_stay_as_they_are_over_a_restart(self, file):
        make_demo_accounts(file)
        before = file.read_text(), list(User.objects.order_by("pk").values_list("password"))

        make_demo_accounts(file)

        assert (
            file.read_text(),
            list(User.objects.order_by("pk").values_list("password")),
        ) == before

    def test_get_a_working_password_again_when_the_file_is_lost(self, file):
        make_demo_accounts(file)
        file.unlink()

        make_demo_accounts(file)

        assert authenticate(username="demo", password=self.logins(file)["demo"]) is not None

    def test_take_the_password_that_the_operator_sets(self, file, monkeypatch):
        make_demo_accounts(file)
        monkeypatch.setenv("CHATCORE_DEMO_PASSWORD", PASSWORD)

        make_demo_accounts(file)

        assert authenticate(username="staff", password=PASSWORD) is not None
        assert self.logins(file) == {"demo": PASSWORD, "staff": PASSWORD}
