"""The chat's pages for staff."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django.utils import timezone

from chatcore.identity.members import member_of_token
from chatcore.identity.roles import make_roles
from chatcore.models import ApiToken, Membership, Turn
from routing.seeding import seed
from routing.services import snapshot
from tests.factories import (
    PASSWORD,
    make_member,
    make_route,
    make_thread,
    make_token,
    make_turn,
    make_user,
    route_text,
)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(staff) -> Client:
    """A superuser's browser."""
    return browser(staff)


@pytest.fixture
def make_staff(acme):
    def make(*groups: str) -> Client:
        make_roles()
        user = make_member("sue", acme, is_staff=True)
        user.groups.set(Group.objects.filter(name__in=groups))
        return browser(user)

    return make


@pytest.fixture
def turn(alice) -> Turn:
    return make_turn(
        make_thread(alice, title="A private title"),
        "A private question",
        reply="A private answer",
        note="A private note",
        thumb="up",
        route=route_text(),
        intent="coding_help",
        provider="OpenAI",
        policy_version=3,
    )


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestPeople:
    def add(self, client: Client, organisation, **fields):
        return client.post(
            "/admin/auth/user/add/",
            {
                "username": "dora",
                "email": "dora@acme.example",
                "usable_password": "true",
                "password1": PASSWORD,
                "password2": PASSWORD,
                "membership-TOTAL_FORMS": "1",
                "membership-INITIAL_FORMS": "0",
                "membership-0-organisation": str(organisation.pk),
                **fields,
            },
        )

    def test_are_added_with_their_place_on_one_page(self, boss, acme):
        assert self.add(boss, acme).status_code == 302

        place = Membership.objects.get(user__username="dora")
        assert place.organisation == acme
        assert Client().login(username="dora", password=PASSWORD)

    def test_may_be_sent_a_mail_to_set_a_first_password(self, boss, acme):
        self.add(boss, acme, usable_password="false", password1="", password2="")
        dora = User.objects.get(username="dora")

        boss.post(
            "/admin/auth/user/", {"action": "send_password_mail", "_selected_action": [dora.pk]}
        )

        assert [sent.to for sent in mail.outbox] == [["dora@acme.example"]]
        link = re.search(r"/password/reset/\S+", str(mail.outbox[0].body))
        assert link
        assert Client().get(link[0], follow=True).status_code == 200

    def test_are_managed_without_being_a_superuser(self, make_staff, acme):
        assert self.add(make_staff("people managers"), acme).status_code == 302

    def test_are_not_made_staff_by_who_is_no_superuser(self, make_staff, alice):
        manager = make_staff("people managers")

        manager.post(
            f"/admin/auth/user/{alice.pk}/change/",
            {
                "username": "alice",
                "is_active": "on",
                "is_staff": "on",
                "is_superuser": "on",
                "membership-TOTAL_FORMS": "0",
                "membership-INITIAL_FORMS": "0",
            },
        )

        alice.refresh_from_db()
        assert (alice.is_staff, alice.is_superuser) == (False, False)

    def test_who_are_staff_get_no_new_password_from_who_is_no_superuser(self, make_staff, staff):
        answer = make_staff("people managers").get(f"/admin/auth/user/{staff.pk}/password/")

        assert answer.status_code == 403

    @pytest.mark.parametrize(
        "path",
        [
            "/admin/",
            "/admin/auth/user/",
            "/admin/auth/user/add/",
            "/admin/auth/group/",
            "/admin/auth/group/add/",
            "/admin/chatcore/organisation/",
            "/admin/chatcore/organisation/add/",
            "/admin/chatcore/apitoken/",
            "/admin/chatcore/apitoken/add/",
            "/admin/chatcore/thread/",
            "/admin/chatcore/turn/",
            "/admin/observability/attemptrecord/",
            "/admin/django_celery_beat/periodictask/",
        ],
    )
    def test_and_all_other_pages_open(self, boss, turn, path):
        assert boss.get(path).status_code == 200


class TestTokens:
    def make(self, client: Client, user: User, **fields):
        return client.post(
            "/admin/chatcore/apitoken/add/",
            {"name": "nightly report", "user": str(user.pk), **fields},
        )

    def shown(self, html: str) -> str:
        found = re.search(r"cc_[\w-]{43}", html)
        assert found
        return found[0]

    def test_are_shown_once_when_made(self, boss, alice):
        token = self.shown(self.make(boss, alice).content.decode())

        member = member_of_token(token)
        assert member is not None
        assert member.user_id == alice.pk
        row = ApiToken.objects.get()
        assert token not in page(boss, "/admin/chatcore/apitoken/")
        assert token not in page(boss, f"/admin/chatcore/apitoken/{row.pk}/change/")

    def test_leave_no_text_in_the_database(self, boss, alice):
        token = self.shown(self.make(boss, alice).content.decode())

        assert token not in str(ApiToken.objects.values().get())

    def test_are_made_for_members_only(self, boss):
        answer = self.make(boss, make_user("nobody"))

        assert b"in no active organisation" in answer.content
        assert not ApiToken.objects.exists()

    def test_open_nothing_once_revoked(self, boss, alice):
        token = make_token(alice)

        boss.post(
            "/admin/chatcore/apitoken/",
            {"action": "revoke", "_selected_action": [ApiToken.objects.get().pk]},
        )

        assert member_of_token(token) is None

    def test_say_whether_they_are_valid(self, boss, alice):
        make_token(alice)
        make_token(alice, expires_at=timezone.now() - timedelta(days=1))
        make_token(alice, revoked_at=timezone.now())

        listed = page(boss, "/admin/chatcore/apitoken/")
        assert re.search(r"valid\b", listed)
        assert "expired 2" in listed
        assert "revoked 2" in listed


class TestTurns:
    def address(self, turn: Turn) -> str:
        return f"/admin/chatcore/turn/{turn.pk}/change/"

    def test_show_their_texts_to_who_may_read_them(self, make_staff, turn):
        shown = page(make_staff("conversation readers"), self.address(turn))

        assert "A private question" in shown
        assert "A private answer" in shown

    @pytest.mark.parametrize("kind", ["turn", "thread"])
    def test_hide_every_text_from_other_staff(self, make_staff, turn, kind):
        auditor = make_staff("auditors")
        key = turn.pk if kind == "turn" else turn.thread_id

        shown = page(auditor, f"/admin/chatcore/{kind}/{key}/change/")
        listed = page(auditor, f"/admin/chatcore/{kind}/")
        assert "private" not in shown + listed
        assert "keyword: function" not in shown  # a piece of the prompt

    def test_explain_intent_ladder_and_every_attempt(self, boss, turn):
        shown = page(boss, self.address(turn))

        for words in (
            "asks for a function",
            "keyword: function",
            "passed over: no key",
            "failed, rate_limit, HTTP 429",
            "answered as luna-2026-10",
            "210 ms",
            "reported",
            "$0.000345678, computed",
            "price 7",
            "about 321 tokens",
        ):
            assert words in shown

    def test_link_the_policy_version_that_served_them(self, boss, settings, alice):
        settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
        settings.ENV_BASE_URLS = {}
        seed()
        turn = make_turn(make_thread(alice), route=route_text(make_route(policy_version=1)))

        shown = page(boss, self.address(turn))
        assert re.search(r'href="/admin/routing/policyversion/\d+/change/"', shown)

    def test_without_a_decision_yet_say_so(self, boss, alice):
        waiting = make_turn(make_thread(alice), status=Turn.Status.RUNNING)

        assert "not been decided yet" in page(boss, self.address(waiting))

    def test_are_found_by_their_reference(self, boss, turn):
        other = make_turn(turn.thread, "Another")

        found = page(boss, f"/admin/chatcore/turn/?q={turn.pk.hex[:12]}")
        assert str(turn.pk) in found
        assert str(other.pk) not in found

    def test_are_filtered_by_status(self, boss, turn):
        failed = make_turn(turn.thread, status=Turn.Status.FAILED)

        found = page(boss, "/admin/chatcore/turn/?status__exact=failed")
        assert str(failed.pk) in found
        assert str(turn.pk) not in found

    def test_are_changed_by_nobody(self, boss, turn):
        answer = boss.post(self.address(turn), {"prompt": "Another"})

        turn.refresh_from_db()
        assert (answer.status_code, turn.prompt) == (403, "A private question")

    def test_escape_what_was_written_in_them(self, boss, alice):
        turn = make_turn(make_thread(alice), "<script>alert(1)</script>", reply="<img src=x>")

        shown = page(boss, self.address(turn))
        assert "<script>alert(1)" not in shown
        assert "<img src=x>" not in shown


class TestTryAPastTurn:
    @pytest.fixture(autouse=True)
    def site(self, db, settings):
        settings.ENV_KEYS = {"openai": "test-key", "gemini": "", "perplexity": "", "kimi": ""}
        settings.ENV_BASE_URLS = {}
        seed()
        snapshot.refresh(force=True)

    def test_decides_its_prompt_again_after_what_was_said_before(self, boss, turn):
        later = make_turn(turn.thread, "Make it shorter")

        shown = page(boss, f"/admin/routing/try/?turn={later.pk}")
        assert "Make it shorter" in shown
        assert "1 earlier turn:" in shown

    def test_takes_a_reference_too(self, boss, turn):
        assert "A private question" in page(boss, f"/admin/routing/try/?turn={turn.pk.hex[:12]}")

    def test_is_for_those_who_may_read_conversations(self, make_staff, turn):
        shown = page(make_staff("auditors"), f"/admin/routing/try/?turn={turn.pk}")

        assert "A private question" not in shown
        assert "may not see it" in shown


@pytest.mark.django_db
class TestKeyCustodians:
    def test_see_that_a_key_was_refused(self, make_staff):
        custodian = make_staff("key custodians")

        assert custodian.get("/admin/observability/incident/").status_code == 200
        assert custodian.get("/admin/observability/attemptrecord/").status_code == 403
