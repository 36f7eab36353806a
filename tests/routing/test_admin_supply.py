"""What staff may rely on when they edit providers, models and prices in the admin."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from routing.models import Deployment, PolicyVersion, Price, Provider, Revision
from tests.routing.forms import fields_of, page, url_of

pytestmark = pytest.mark.usefixtures("installation")


def list_of(model):
    return reverse(f"admin:routing_{model}_changelist")


class TestProviderPage:
    def form(self, browser, row):
        return fields_of(browser.get(url_of(row)), "provider_form")

    @pytest.mark.parametrize(
        "address",
        [
            "https://example.org/v1",
            "http://api.openai.com/v1",
            "https://api.openai.com:8443/v1",
            "https://user@api.openai.com/v1",
            "https://api.openai.com.example.org/v1",
            "http://127.0.0.1:9000/v1",
            "https://api.openai.com:port/v1",
            "api.openai.com/v1",
            "https://api.openai.com/v1?version=2",
            "https://api.openai.com/ v1",
        ],
    )
    def test_refuses_an_address_that_nobody_allowed(self, boss, address):
        openai = Provider.objects.get(slug="openai")

        response = boss.post(url_of(openai), self.form(boss, openai) | {"base_url": address})

        assert "This address cannot be used" in page(response)
        openai.refresh_from_db()
        assert openai.base_url == "https://api.openai.com/v1"

    @pytest.mark.parametrize(
        ("slug", "typed", "saved", "note"),
        [
            (
                "openai",
                "https://api.openai.com/v1/chat/completions",
                "https://api.openai.com/v1",
                "Address: “/chat/completions” at the end was left out",
            ),
            (
                "openai",
                "https://api.openai.com/",
                "https://api.openai.com/v1",
                "Address: “/v1” was put at its end",
            ),
            (
                "gemini",
                "https://generativelanguage.googleapis.com",
                "https://generativelanguage.googleapis.com/v1beta",
                "Address: “/v1beta” was put at its end",
            ),
        ],
    )
    def test_corrects_an_address_and_says_so(self, boss, slug, typed, saved, note):
        row = Provider.objects.get(slug=slug)
        Provider.objects.filter(pk=row.pk).update(base_url="")

        response = boss.post(url_of(row), self.form(boss, row) | {"base_url": typed}, follow=True)

        row.refresh_from_db()
        assert row.base_url == saved
        assert note in page(response)

    def test_warns_of_an_address_without_a_version(self, boss, settings):
        settings.ENV_BASE_URLS = {"local": "http://127.0.0.1:9000/v1"}
        openai = Provider.objects.get(slug="openai")
        typed = {"base_url": "http://127.0.0.1:9000/gateway"}

        response = boss.post(url_of(openai), self.form(boss, openai) | typed, follow=True)

        openai.refresh_from_db()
        assert openai.base_url == "http://127.0.0.1:9000/gateway"
        assert "It has no version path such as “/v1”" in page(response)

    def test_takes_an_address_that_the_environment_names(self, boss, settings):
        settings.ENV_BASE_URLS = {"local": "http://127.0.0.1:9000/v1"}
        openai = Provider.objects.get(slug="openai")
        typed = {"base_url": "http://127.0.0.1:9000/other/v1/"}

        boss.post(url_of(openai), self.form(boss, openai) | typed)

        openai.refresh_from_db()
        assert openai.base_url == "http://127.0.0.1:9000/other/v1"

    def test_is_obeyed_without_a_policy_version(self, boss, installation):
        openai = Provider.objects.get(slug="openai")
        form = self.form(boss, openai)
        del form["enabled"]

        boss.post(url_of(openai), form)

        snapshot = installation.refresh(force=True)
        assert snapshot.deployments["openai/gpt-6-luna"].disabled == "the provider is switched off"
        assert PolicyVersion.objects.count() == 1

    def test_moves_the_revision(self, boss):
        openai = Provider.objects.get(slug="openai")
        before = Revision.objects.get().number

        boss.post(url_of(openai), self.form(boss, openai))

        assert Revision.objects.get().number == before + 1

    def test_counts_as_saved_also_when_nothing_was_changed(self, boss):
        openai = Provider.objects.get(slug="openai")
        others = Provider.objects.exclude(slug="openai").order_by("slug").values_list("changed_at")
        before = list(others)

        boss.post(url_of(openai), self.form(boss, openai))

        assert Provider.objects.get(slug="openai").changed_at > openai.changed_at
        assert list(others.all()) == before


class TestDeploymentPage:
    def test_cannot_delete_a_model_that_stands_in_a_ladder(self, boss):
        luna = Deployment.objects.get(model="gpt-6-luna")

        boss.post(url_of(luna, "delete"), {"post": "yes"})

        assert Deployment.objects.filter(pk=luna.pk).exists()

    def test_changes_limits_for_the_next_message(self, boss, installation):
        luna = Deployment.objects.get(model="gpt-6-luna")
        form = fields_of(boss.get(url_of(luna)), "deployment_form")

        boss.post(url_of(luna), form | {"max_output_tokens": "99"})

        assert (
            installation.refresh(force=True).deployments["openai/gpt-6-luna"].max_output_tokens
            == 99
        )

    def test_counts_as_saved_also_when_nothing_was_changed(self, boss):
        luna = Deployment.objects.get(model="gpt-6-luna")
        form = fields_of(boss.get(url_of(luna)), "deployment_form")

        boss.post(url_of(luna), form)

        assert Deployment.objects.get(pk=luna.pk).changed_at > luna.changed_at

    def test_refuses_a_reply_longer_than_the_window(self, boss):
        luna = Deployment.objects.get(model="gpt-6-luna")
        form = fields_of(boss.get(url_of(luna)), "deployment_form")

        response = boss.post(
            url_of(luna), form | {"context_window": "8000", "max_output_tokens": "8001"}
        )

        errors = response.context["adminform"].form.errors
        assert errors["max_output_tokens"] == [
            "The longest reply cannot be larger than the context window, which holds 8000 tokens "
            "for prompt and reply together."
        ]

    def test_takes_the_day_on_which_a_model_goes_away(self, boss):
        luna = Deployment.objects.get(model="gpt-6-luna")
        form = fields_of(boss.get(url_of(luna)), "deployment_form")

        boss.post(url_of(luna), form | {"retires_on": "2027-01-31"})

        luna.refresh_from_db()
        assert str(luna.retires_on) == "2027-01-31"


class TestPrices:
    def add(self, browser, **edits):
        form = fields_of(browser.get(reverse("admin:routing_price_add")), "price_form")
        typed = {
            "provider": Provider.objects.get(slug="openai").pk,
            "model": "gpt-6-luna",
            "effective_from_0": "2026-11-20",
            "effective_from_1": "00:00:00",
            "input_usd": "0.2",
            "output_usd": "1",
        }
        return browser.post(reverse("admin:routing_price_add"), form | typed | edits)

    def test_are_added_with_the_day_from_which_they_hold(self, boss, installation):
        self.add(boss)

        newest = installation.refresh(force=True).prices["openai", "gpt-6-luna"][0]
        assert newest.effective_from == datetime(2026, 11, 20, tzinfo=UTC)

    def test_show_which_row_is_in_force(self, boss):
        now = datetime.now(UTC)
        openai = Provider.objects.get(slug="openai")
        for days, usd in [(-2, 1), (-1, 2), (1, 3)]:
            Price.objects.create(
                provider=openai,
                model="dated",
                effective_from=now + timedelta(days=days),
                input_usd=usd,
                output_usd=usd,
            )

        rows = boss.get(list_of("price"), {"q": "dated"}).context["cl"].result_list

        admin = boss.get(list_of("price")).context["cl"].model_admin
        assert [admin.when(row) for row in rows] == ["not yet", "now", "no longer"]

    @pytest.mark.parametrize(
        "rate", ["input_usd", "cached_input_usd", "cache_write_usd", "output_usd", "search_usd"]
    )
    def test_are_never_negative(self, boss, rate):
        before = Price.objects.count()

        response = self.add(boss, **{rate: "-0.1"})

        assert set(response.context["adminform"].form.errors) == {rate}
        assert Price.objects.count() == before

    @pytest.mark.parametrize(("role", "status"), [(None, 302), ("policy_editor", 302)])
    def test_can_be_deleted_before_they_hold(self, make_staff, role, status):
        browser = make_staff("sam", role)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        row = Price.objects.create(
            provider=Provider.objects.get(slug="openai"),
            model="gpt-6-luna",
            effective_from=tomorrow,
            input_usd=1,
            output_usd=1,
        )
        before = Revision.objects.get().number

        response = browser.post(url_of(row, "delete"), {"post": "yes"})

        assert response.status_code == status
        assert not Price.objects.filter(pk=row.pk).exists()
        assert Revision.objects.get().number == before + 1

    def test_of_which_one_holds_are_not_deleted_together(self, boss):
        rows = Price.objects.filter(model="gpt-6-luna")
        chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}

        boss.post(list_of("price"), chosen | {"post": "yes"})

        assert rows.count() == 2

    def test_can_be_neither_changed_nor_deleted_once_they_hold(self, boss):
        row = Price.objects.filter(effective_from__lte=datetime.now(UTC)).first()

        assert boss.post(url_of(row), {"input_usd": "0"}).status_code == 403
        assert boss.post(url_of(row, "delete"), {"post": "yes"}).status_code == 403
