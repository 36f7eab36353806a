"""What staff may rely on when they test a key: which part is wrong, and that the call is recorded."""

from decimal import Decimal

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter

from routing.models import Price, Provider, ProviderKey, Revision
from routing.route import Route
from routing.services import credentials, key_check, key_verdict
from routing.signals import key_checked
from tests.routing.forms import page, url_of
from tests.routing.stranger import self_signed, stranger

pytestmark = pytest.mark.usefixtures("installation")

SECRET = "test-key-never-shown-9876"
OPENAI_ADDRESS = "https://api.openai.com/v1"
NO_PROVIDER = "The address seems wrong: it answered, but not as this protocol."
NOT_FOUND = "The provider does not offer GPT-6 Luna to this key, or the address is wrong."


@pytest.fixture(autouse=True)
def _nobody_above_listens(monkeypatch):
    """What the site does with a test's call, it does in threads with connections of their own."""
    monkeypatch.setattr(key_checked, "receivers", [])


@pytest.fixture
def make_key(ana):
    def make(vendor: str = "openai") -> ProviderKey:
        return credentials.add_key(
            provider=Provider.objects.get(slug=vendor),
            label="first",
            value=SECRET,
            enabled=True,
            by=ana,
        )

    return make


@pytest.fixture
def key(make_key):
    return make_key()


@pytest.fixture
def checked():
    """The routes of the calls that tests of keys made."""
    routes: list[Route] = []

    def listen(*, route: Route, **kwargs: object) -> None:
        routes.append(route)

    key_checked.connect(listen)
    yield routes
    key_checked.disconnect(listen)


def result(browser, key):
    browser.post(url_of(key, "test"))
    key.refresh_from_db()
    return key.test_result


class TestTheOutcome:
    @pytest.mark.parametrize(
        ("vendor", "behaviour", "words"),
        [
            ("openai", None, "It works: GPT-6 Luna answered."),
            ("gemini", None, "It works: Gemini 3.5 Flash-Lite answered."),
            ("perplexity", None, "It works: Sonar answered."),
            ("kimi", None, "It works: Kimi K2.6 answered."),
            ("openai", "401", "The provider refuses this key."),
            ("gemini", "401", "The provider refuses this key."),
            ("openai", "429-quota", "The key is good, but its account has no credit left."),
            ("openai", "503", "try again later."),
            ("openai", "404", "The provider does not offer GPT-6 Luna to this key"),
            ("openai", "refused", "The provider could not be reached"),
        ],
    )
    def test_says_what_the_provider_answered(
        self, boss, make_key, vendors, vendor, behaviour, words
    ):
        key = make_key(vendor)
        if behaviour:
            vendors.outage(vendor, behaviour)

        response = boss.post(url_of(key, "test"), follow=True)

        key.refresh_from_db()
        assert words in key.test_result
        assert key.tested_at is not None
        assert words in page(response)
        assert SECRET not in page(response)

    def test_is_offered_in_the_list(self, boss, key, vendors):
        chosen = {"action": "test_keys", "_selected_action": [key.pk]}

        boss.post(reverse("admin:routing_providerkey_changelist"), chosen)

        key.refresh_from_db()
        assert key.test_result == "It works: GPT-6 Luna answered."

    def test_needs_a_post(self, boss, key):
        assert boss.get(url_of(key, "test")).status_code == 405

    @pytest.mark.parametrize("sealed", ["swapped", "not ascii: é"])
    def test_says_when_a_key_does_not_open(self, boss, key, sealed):
        ProviderKey.objects.update(sealed=sealed)

        assert result(boss, key) == "Not tested: the sealed key does not open. Enter it anew."

    def test_says_when_nobody_knows_the_protocol(self, boss, key):
        Provider.objects.update(wire="morse")

        assert result(boss, key) == "Not tested: this provider's protocol is not known here."


class TestAWrongAddress:
    @pytest.mark.parametrize(
        ("status", "body", "words"),
        [
            (200, "<html>Hello</html>", NO_PROVIDER),
            (302, "<html>Sign in</html>", NO_PROVIDER),
            (404, "<html>No such page</html>", NO_PROVIDER),
            (405, '{"detail": "Method Not Allowed"}', NO_PROVIDER),
            (404, '{"detail": "Not Found"}', NOT_FOUND),
        ],
    )
    def test_is_said_with_the_one_expected(self, boss, key, settings, status, body, words):
        with stranger(status, body) as port:
            address = f"http://127.0.0.1:{port}"
            settings.ENV_BASE_URLS = {"openai": address}

            assert result(boss, key) == (
                f"{words} Called was {address}; expected is {OPENAI_ADDRESS}."
            )

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("http://vendor.invalid/v1", "The name vendor.invalid was not found: check the"),
            ("http://127.0.0.1:9/v1", "127.0.0.1 refuses the connection: check the address"),
        ],
    )
    def test_says_why_nobody_was_there(self, boss, key, settings, address, words):
        settings.ENV_BASE_URLS = {"openai": address}

        assert result(boss, key).startswith(words)

    def test_says_that_a_certificate_is_not_trusted(self, boss, key, settings, tmp_path):
        with stranger(tls=self_signed(tmp_path)) as port:
            settings.ENV_BASE_URLS = {"openai": f"https://127.0.0.1:{port}/v1"}

            assert result(boss, key) == (
                "The certificate of 127.0.0.1 is not trusted, so nothing was sent."
            )

    def test_says_that_no_tls_is_spoken_there(self, boss, key, settings):
        with stranger() as port:
            settings.ENV_BASE_URLS = {"openai": f"https://127.0.0.1:{port}/v1"}

            assert result(boss, key).startswith("127.0.0.1 does not speak TLS as expected")


class TestTheCall:
    def test_is_handed_on_with_its_tokens_and_cost(self, boss, key, vendors, checked):
        result(boss, key)

        (route,) = checked
        (attempt,) = route.attempts
        price = Price.objects.get(model="gpt-6-luna", above_input_tokens=0)
        assert (attempt.deployment, attempt.key) == ("openai/gpt-6-luna", "first")
        assert (attempt.status, attempt.usage_source) == ("ok", "reported")
        assert attempt.usage.input_tokens > 0
        assert attempt.usage.output_tokens > 0
        assert attempt.price == price.pk
        assert attempt.cost_usd == (
            attempt.usage.input_tokens * price.input_usd
            + attempt.usage.output_tokens * price.output_usd
        ) / Decimal(1_000_000)
        assert attempt.ended_ms >= attempt.opened_ms

    def test_that_was_refused_is_handed_on_too_and_cost_nothing(self, boss, key, vendors, checked):
        vendors.outage("openai", "401")

        result(boss, key)

        (attempt,) = checked[0].attempts
        assert (attempt.status, attempt.error, attempt.http_status) == ("failed", "auth", 401)
        assert (attempt.cost_usd, attempt.cost_source) == (Decimal(0), "computed")

    def test_is_not_handed_on_where_none_was_made(self, boss, key, checked):
        ProviderKey.objects.update(sealed="swapped")

        result(boss, key)

        assert checked == []

    def test_is_not_hurt_by_who_listens(self, boss, key, vendors):
        def fail(**kwargs: object) -> None:
            raise RuntimeError("a receiver that fails")

        key_checked.connect(fail)
        try:
            assert result(boss, key) == "It works: GPT-6 Luna answered."
        finally:
            key_checked.disconnect(fail)


class TestAKeyThatWorks:
    def test_is_told_to_every_process_as_saved(self, boss, key, vendors):
        before = Revision.objects.get().number
        saved_at = key.changed_at

        result(boss, key)

        assert key.changed_at > saved_at
        assert Revision.objects.get().number == before + 1

    def test_is_not_when_it_was_refused(self, boss, key, vendors):
        vendors.outage("openai", "401")
        before = Revision.objects.get().number
        saved_at = key.changed_at

        result(boss, key)

        assert key.changed_at == saved_at
        assert Revision.objects.get().number == before


class TestAnErrorReport:
    """What Django would mail or log when something breaks while a key is in hand."""

    def report(self, error: BaseException) -> str:
        request = RequestFactory().post("/admin/")
        reporter = ExceptionReporter(request, type(error), error, error.__traceback__)
        return reporter.get_traceback_html() + reporter.get_traceback_text()

    def test_of_a_new_key_shows_none(self, ana, settings):
        settings.SEALING_KEYS = []
        provider = Provider.objects.get(slug="openai")

        with pytest.raises(ValueError, match="no sealing key") as caught:
            credentials.add_key(provider=provider, label="x", value=SECRET, enabled=True, by=ana)

        report = self.report(caught.value)
        assert "add_key" in report
        assert SECRET not in report

    def test_of_a_test_shows_none(self, key, vendors, monkeypatch):
        def broken(*arguments: object, **more: object) -> None:
            raise RuntimeError("a verdict that breaks")

        monkeypatch.setattr(key_verdict, "verdict", broken)

        with pytest.raises(RuntimeError) as caught:
            key_check.try_key(key, at=timezone.now())

        report = self.report(caught.value)
        assert "_check" in report
        assert SECRET not in report
