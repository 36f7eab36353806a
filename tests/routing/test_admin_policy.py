"""What staff may rely on when they edit the policy, read its versions and go back to one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from routing.models import Policy, PolicyVersion
from routing.services import policy, policy_tables
from tests.routing.forms import fields_of, form_of, ladder, page, save, url_of

pytestmark = pytest.mark.usefixtures("installation")


class TestPolicyPage:
    def test_is_the_one_row(self, boss):
        response = boss.get(reverse("admin:routing_policy_changelist"))

        assert response.url == reverse("admin:routing_policy_change", args=[1])

    def test_publishes_what_was_changed(self, boss):
        row = Policy.objects.get()

        save(boss, row, form_of(boss, row), max_calls="5")

        assert policy.latest().difference == "calls per message 3 → 5"

    def test_says_which_field_is_wrong(self, boss):
        row = Policy.objects.get()

        response = save(boss, row, form_of(boss, row), max_calls="50", persona="kept")

        errors = response.context["adminform"].form.errors
        assert set(errors) == {"max_calls"}
        assert fields_of(response, "policy_form")["persona"] == "kept"
        assert policy.latest().number == 1


class TestVersionPages:
    @pytest.fixture
    def changed(self, boss):
        row = Policy.objects.get()
        save(boss, row, form_of(boss, row), persona="Be brief.")

    def test_lists_who_changed_what(self, boss, changed):
        shown = page(boss.get(reverse("admin:routing_policyversion_changelist")))

        assert "persona changed" in shown
        assert "boss" in shown
        assert "shipped" in shown

    @pytest.mark.parametrize("query", ["", "?q=persona"])
    def test_reads_no_content_for_the_list(self, boss, changed, query):
        with CaptureQueriesContext(connection) as queries:
            boss.get(reverse("admin:routing_policyversion_changelist") + query)

        asked = [one["sql"] for one in queries if "routing_policyversion" in one["sql"]]
        assert asked
        assert [sql for sql in asked if '"content"' in sql] == []

    def test_are_read_by_number_alone_where_a_form_is_shown(self, boss, changed):
        with CaptureQueriesContext(connection) as queries:
            boss.get(url_of(ladder()))

        asked = [one["sql"] for one in queries if "routing_policyversion" in one["sql"]]
        assert asked
        assert [sql for sql in asked if '"content"' in sql] == []

    def test_shows_what_a_version_says(self, boss, changed):
        shown = page(boss.get(url_of(PolicyVersion.objects.get(number=2))))

        assert "Be brief." in shown
        assert "1. GPT-6.1 Terra" in shown
        assert "a reply is ended after 900.0 s" in shown
        assert shown.count("Its models may search the web.") == 2

    @pytest.mark.parametrize(("number", "offered"), [(1, True), (2, False)])
    def test_offers_to_revert_to_all_but_the_one_in_force(self, boss, changed, number, offered):
        shown = page(boss.get(url_of(PolicyVersion.objects.get(number=number))))

        assert ("Revert to this version" in shown) is offered

    def test_asks_before_it_reverts(self, boss, changed):
        url = reverse("admin:routing_policyversion_revert", args=[1])

        shown = page(boss.get(url))

        assert "persona changed" in shown
        assert policy.latest().number == 2

    def test_reverts_by_post(self, boss, changed):
        shown = page(
            boss.post(reverse("admin:routing_policyversion_revert", args=[1]), follow=True)
        )

        assert "Published as version 3: Reverted to version 1 (persona changed)" in shown
        assert policy_tables.content().persona != "Be brief."

    def test_can_be_neither_changed_nor_deleted(self, boss):
        version = PolicyVersion.objects.get()

        assert boss.post(url_of(version), {"difference": "x"}).status_code == 403
        delete = reverse("admin:routing_policyversion_delete", args=[version.pk])
        assert boss.post(delete, {"post": "yes"}).status_code == 403


class TestPolicyEditors:
    def test_publish_and_revert(self, make_staff):
        browser = make_staff("sam", "policy_editor")

        save(browser, ladder(), form_of(browser, ladder()), cache_ttl_s="1")
        browser.post(reverse("admin:routing_policyversion_revert", args=[1]))

        assert policy.latest().reverted_to == 1
