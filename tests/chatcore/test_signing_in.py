"""Signing in, its throttle, passwords, the pages behind it, and the choice of an organisation."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from chatcore.identity import throttle as login_throttle
from chatcore.identity.forms import HELD
from chatcore.models import FailedLogin, Membership
from tests.factories import PASSWORD, browser, make_member, make_user


def sign_in(username: str, password: str, address: str = "192.0.2.1"):
    return Client(REMOTE_ADDR=address).post("/login/", {"username": username, "password": password})


def fail(username: str, times: int, address: str = "192.0.2.1") -> None:
    for _ in range(times):
        login_throttle.note_failure(username, address, now=timezone.now())


class TestTheDoor:
    def test_leads_from_a_page_to_the_form_and_back(self, db):
        answer = Client().get("/")

        assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/")

    def test_opens_with_the_password(self, alice):
        answer = sign_in("alice", PASSWORD)

        assert (answer.status_code, answer["Location"]) == (302, "/")

    def test_works_by_the_form_s_own_fields(self, alice):
        client = Client(enforce_csrf_checks=True)
        page = client.get("/login/?next=/").content.decode()
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token

        answer = client.post(
            "/login/?next=/",
            {"csrfmiddlewaretoken": token[1], "username": "alice", "password": PASSWORD},
        )
        assert answer["Location"] == "/"

    def test_sends_nobody_to_another_site(self, alice):
        answer = Client().post(
            "/login/?next=https://evil.example/", {"username": "alice", "password": PASSWORD}
        )
        assert answer["Location"] == "/"

    def test_is_the_admin_s_too(self, db):
        answer = Client().get("/admin/login/?next=/admin/")

        assert answer["Location"] == "/login/?next=/admin/"

    def test_closes_by_post_only(self, alice):
        client = Client()
        client.force_login(alice)

        assert client.get("/logout/").status_code == 405
        assert client.post("/logout/")["Location"] == "/login/"


class TestTheThrottle:
    def test_holds_an_account_after_five_failures_from_one_address(self, alice):
        fail("alice", 5)

        assert HELD in sign_in("alice", PASSWORD).content.decode()

    def test_lets_four_pass(self, alice):
        fail("alice", 4)

        assert sign_in("alice", PASSWORD).status_code == 302

    def test_counts_what_the_form_refuses(self, alice):
        sign_in("alice", "wrong")

        assert FailedLogin.objects.count() == 1

    def test_counts_no_success(self, alice):
        for _ in range(6):
            sign_in("alice", PASSWORD)

        assert not FailedLogin.objects.exists()

    def test_counts_nothing_while_it_holds_so_that_waiting_helps(self, alice):
        fail("alice", 5)
        sign_in("alice", "wrong")

        assert FailedLogin.objects.count() == 5

    def test_lets_the_owner_in_from_elsewhere(self, alice):
        fail("alice", 10, address="198.51.100.7")

        assert sign_in("alice", PASSWORD).status_code == 302

    def test_lets_go_after_five_minutes(self, alice):
        fail("alice", 5)
        FailedLogin.objects.update(created_at=timezone.now() - timedelta(minutes=5, seconds=1))

        assert sign_in("alice", PASSWORD).status_code == 302

    def test_holds_an_address_that_tries_many_accounts(self, alice):
        for number in range(30):
            fail(f"somebody{number}", 1)

        assert HELD in sign_in("alice", PASSWORD).content.decode()

    def test_holds_an_account_that_many_addresses_try_for_a_minute_only(self, alice):
        for number in range(20):
            fail("alice", 1, address=f"198.51.100.{number}")
        held = HELD in sign_in("alice", PASSWORD).content.decode()
        FailedLogin.objects.update(created_at=timezone.now() - timedelta(seconds=61))

        assert (held, sign_in("alice", PASSWORD).status_code) == (True, 302)

    def test_sees_one_customer_in_a_whole_ipv6_network(self, alice):
        for number in range(5):
            fail("alice", 1, address=f"2001:db8::{number + 1}")

        answer = sign_in("alice", PASSWORD, address="2001:db8::ffff")
        assert HELD in answer.content.decode()

    def test_says_the_same_of_a_name_that_is_nobody_s(self, alice):
        fail("alice", 5)
        fail("nobody", 5)

        pages = [sign_in(name, "x").content.decode() for name in ("alice", "nobody")]
        assert all(HELD in page for page in pages)

    def test_takes_a_name_in_another_case_for_the_same(self, alice):
        fail("ALICE", 5)

        assert HELD in sign_in("alice", PASSWORD).content.decode()

    def test_keeps_no_name(self, alice):
        sign_in("a password in the wrong field", "x")

        assert "password" not in str(FailedLogin.objects.values().get())

    def test_forgets_after_a_day(self, db):
        fail("alice", 1)
        login_throttle.forget_old(now=timezone.now() + timedelta(days=1, seconds=1))

        assert not FailedLogin.objects.exists()


class TestPasswords:
    def test_are_changed_by_who_knows_the_old_one(self, alice):
        client = Client()
        client.force_login(alice)

        client.post(
            "/password/change/",
            {
                "old_password": PASSWORD,
                "new_password1": "quite another one",
                "new_password2": "quite another one",
            },
        )
        assert sign_in("alice", "quite another one").status_code == 302

    def test_are_reset_by_a_link_in_a_mail(self, db):
        make_user("ann", email="ann@acme.example")
        client = Client()

        client.post("/password/reset/", {"email": "ann@acme.example"})
        link = re.search(r"http://testserver(/password/reset/\S+)", str(mail.outbox[0].body))
        assert link
        form = client.get(link[1], follow=True)
        client.post(
            form.request["PATH_INFO"],
            {"new_password1": "quite another one", "new_password2": "quite another one"},
        )

        assert sign_in("ann", "quite another one").status_code == 302

    def test_are_not_reset_for_an_unknown_address_though_the_page_says_the_same(self, db):
        make_user("ann", email="ann@acme.example")

        known, unknown = (
            Client().post("/password/reset/", {"email": address}, follow=True).content
            for address in ("ann@acme.example", "bea@acme.example")
        )
        assert len(mail.outbox) == 1
        assert re.sub(rb"nonce-\S+", b"", known) == re.sub(rb"nonce-\S+", b"", unknown)


class TestPages:
    @pytest.mark.parametrize("path", ["/", "/threads/5b2e7a52-7f0b-4a62-93a5-0d3d5a5f2c11/"])
    def test_are_kept_by_no_cache(self, alice, path):
        client = Client()
        client.force_login(alice)

        answer = client.get(path)
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)

    def test_know_their_thread(self, alice):
        client = Client()
        client.force_login(alice)

        page = client.get("/threads/5b2e7a52-7f0b-4a62-93a5-0d3d5a5f2c11/")
        assert page.context["thread_id"] == "5b2e7a52-7f0b-4a62-93a5-0d3d5a5f2c11"

    def test_tell_who_has_no_organisation_what_to_do(self, db):
        client = Client()
        client.force_login(make_user("nobody"))

        answer = client.get("/")
        assert (answer.status_code, b"not a member yet" in answer.content) == (403, True)

    def test_allow_no_evaluated_script_but_in_the_admin(self, staff):
        client = Client()
        client.force_login(staff)

        policies = [client.get(path)["Content-Security-Policy"] for path in ("/", "/admin/")]
        assert ["'unsafe-eval'" in policy for policy in policies] == [False, True]
        assert ["'unsafe-inline'" in policy for policy in policies] == [False, True]

    def test_of_the_admin_allow_no_inline_script_or_style_block(self, staff):
        client = Client()
        client.force_login(staff)

        policy = dict(
            part.strip().split(" ", 1)
            for part in client.get("/admin/")["Content-Security-Policy"].split(";")
        )
        assert "'unsafe-inline'" not in policy["script-src"] + policy["style-src"]


class TestChoosingAnOrganisation:
    @pytest.fixture
    def dave(self, acme, globex) -> Client:
        """The browser of somebody who belongs to two."""
        dave = make_member("dave", acme)
        Membership.objects.create(user=dave, organisation=globex)
        return browser(dave)

    def here(self, client: Client) -> int:
        return client.get("/").context["member"].organisation_id

    def test_leads_to_its_chat(self, dave, globex):
        answer = dave.post("/organisation/", {"organisation": globex.pk})

        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert self.here(dave) == globex.pk

    def test_is_offered_with_the_present_one_marked(self, dave, acme, globex):
        page = dave.get("/").text

        assert re.search(rf'value="{acme.pk}" aria-current="true"', page)
        assert f'value="{globex.pk}">' in page

    def test_is_not_offered_to_who_has_one(self, alice):
        assert "/organisation/" not in browser(alice).get("/").text

    @pytest.mark.parametrize("chosen", ["", "-1", "x", "²", "9" * 30])
    def test_takes_nothing_else(self, dave, acme, chosen):
        assert dave.post("/organisation/", {"organisation": chosen}).status_code == 404
        assert self.here(dave) == acme.pk

    def test_takes_none_that_is_not_theirs(self, alice, globex):
        client = browser(alice)

        assert client.post("/organisation/", {"organisation": globex.pk}).status_code == 404

    def test_needs_a_post_and_a_csrf_token(self, alice, acme):
        client = browser(alice, enforce_csrf_checks=True)

        assert client.get("/organisation/").status_code == 405
        assert client.post("/organisation/", {"organisation": acme.pk}).status_code == 403

    def test_needs_a_sign_in(self, acme):
        answer = Client().post("/organisation/", {"organisation": acme.pk})

        assert answer["Location"].startswith("/login/")
