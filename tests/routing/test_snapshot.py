"""What the in-memory copy of the routing tables promises."""

from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.models import Deployment, Intent, Provider, ProviderKey, Revision
from routing.services import credentials, policy
from routing.services.snapshot import LOOK_AGAIN_S, Snapshots

SONAR = "perplexity/perplexity/sonar"


def add_key(slug, by, value="test-key-0123456789", **extra):
    provider = Provider.objects.get(slug=slug)
    given = {"label": "first", "enabled": True, **extra}
    return credentials.add_key(provider=provider, value=value, by=by, **given)


def why_not(snapshot, name):
    return snapshot.deployments[name].disabled


class TestCurrent:
    def test_says_so_when_nothing_was_loaded(self):
        with pytest.raises(RuntimeError, match="not been read"):
            Snapshots().current()

    def test_asks_the_database_nothing(self, installation, django_assert_num_queries):
        loaded = installation.refresh()

        with django_assert_num_queries(0):
            assert installation.current() is loaded


class TestRefresh:
    def test_needs_a_published_policy(self, db):
        with pytest.raises(RuntimeError, match=r"manage\.py seed"):
            Snapshots().refresh()

    def test_asks_nothing_within_a_second(self, installation, django_assert_num_queries):
        installation.refresh()

        with django_assert_num_queries(0):
            installation.refresh()

    def test_asks_for_one_number_when_nothing_moved(self, installation, time_machine_s):
        loaded = installation.refresh()
        time_machine_s(LOOK_AGAIN_S)

        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert installation.refresh() is loaded

        assert len(queries) == 1

    def test_sees_a_change_after_a_second(self, installation, time_machine_s):
        installation.refresh()
        Deployment.objects.filter(model="gpt-6-luna").update(label="Luna")
        Revision.bump()
        time_machine_s(LOOK_AGAIN_S)

        assert installation.refresh().deployments["openai/gpt-6-luna"].label == "Luna"

    def test_reads_everything_when_forced(self, installation):
        installation.refresh()
        Deployment.objects.filter(model="gpt-6-luna").update(label="Luna")

        assert installation.refresh(force=True).deployments["openai/gpt-6-luna"].label == "Luna"

    def test_keeps_the_detector_while_the_policy_stands(self, installation, time_machine_s):
        loaded = installation.refresh()
        Revision.bump()
        time_machine_s(LOOK_AGAIN_S)

        renewed = installation.refresh()

        assert renewed is not loaded
        assert renewed.detector is loaded.detector

    def test_keeps_the_old_snapshot_when_a_load_fails(self, installation, caplog):
        loaded = installation.refresh()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE routing_price RENAME TO routing_price_elsewhere")

        assert installation.refresh(force=True) is loaded
        assert "stay in force" in caplog.text

    @pytest.mark.django_db(transaction=True)
    def test_is_shared_by_threads(self, installation):
        seen = []

        def read():
            seen.append(installation.refresh())
            connection.close()

        threads = [Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(seen) == 4
        assert len({id(snapshot) for snapshot in seen}) == 1


class TestSnapshot:
    def test_says_that_a_provider_has_no_key(self, installation):
        assert why_not(installation.refresh(), SONAR) == "no key"

    def test_opens_sealed_keys_for_their_provider(self, installation, ana):
        key = add_key("perplexity", ana)

        snapshot = installation.refresh()

        assert why_not(snapshot, SONAR) == ""
        assert [(known.id, known.value) for known in snapshot.keys["perplexity"]] == [
            (key.pk, "test-key-0123456789")
        ]

    def test_shows_no_key_in_its_repr(self, installation, ana):
        add_key("perplexity", ana)

        assert "test-key" not in repr(installation.refresh())

    def test_reads_a_key_from_the_environment(self, installation, settings):
        settings.ENV_KEYS = {"kimi": "test-key-of-env"}

        assert installation.refresh().keys["kimi"][0].value == "test-key-of-env"

    def test_leaves_out_a_key_that_is_switched_off(self, installation, ana):
        add_key("perplexity", ana, enabled=False)

        assert why_not(installation.refresh(), SONAR) == "no key"

    def test_leaves_out_a_key_that_was_swapped_in_the_table(self, installation, ana, caplog):
        add_key("perplexity", ana)
        stranger = add_key("kimi", ana, value="test-key-of-kimi")
        ProviderKey.objects.filter(provider__slug="perplexity").update(sealed=stranger.sealed)

        snapshot = installation.refresh()

        assert why_not(snapshot, SONAR) == "no key"
        assert why_not(snapshot, "kimi/kimi-k2.6") == ""
        assert "test-key" not in caplog.text

    def test_says_that_the_provider_is_switched_off(self, installation):
        Provider.objects.filter(slug="perplexity").update(enabled=False)

        assert why_not(installation.refresh(), SONAR) == "the provider is switched off"

    def test_says_that_the_model_is_switched_off(self, installation):
        Deployment.objects.filter(model="perplexity/sonar").update(enabled=False)

        assert why_not(installation.refresh(), SONAR) == "the model is switched off"

    def test_says_that_the_address_is_missing(self, installation):
        Provider.objects.filter(slug="perplexity").update(base_url="")

        assert why_not(installation.refresh(), SONAR) == "no address"

    def test_sends_no_key_to_an_address_that_nobody_allowed(self, installation, ana):
        add_key("perplexity", ana)
        Provider.objects.filter(slug="perplexity").update(base_url="https://example.org/v1")

        assert why_not(installation.refresh(), SONAR) == "the address is not allowed"

    def test_prefers_the_address_that_the_environment_names(self, installation, settings, ana):
        add_key("perplexity", ana)
        settings.ENV_BASE_URLS = {"perplexity": "http://127.0.0.1:9000/perplexity/v1"}

        deployment = installation.refresh().deployments[SONAR]

        assert (deployment.base_url, deployment.disabled) == (
            "http://127.0.0.1:9000/perplexity/v1",
            "",
        )

    def test_says_that_the_local_model_is_not_running(self, installation):
        assert (
            why_not(installation.refresh(), "local/smollm2-135m")
            == "the local model is not running"
        )

    def test_uses_the_local_model_without_a_key_where_it_runs(self, installation, settings):
        settings.ENV_BASE_URLS = {"local": "http://127.0.0.1:9001/v1"}

        assert why_not(installation.refresh(), "local/smollm2-135m") == ""

    def test_lists_prices_newest_first(self, installation):
        rows = installation.refresh().prices["gemini", "gemini-4-argon"]

        assert [row.input_usd for row in rows] == [Decimal(4), Decimal(2)]

    def test_detects_by_the_published_intents(self, installation):
        detection = installation.refresh().detector.detect("hello there, how are you?")

        assert detection.intent == "social_chat"

    def test_ignores_what_was_not_published(self, installation, ana):
        Intent.objects.filter(name="coding_help").update(label="programming")

        assert installation.refresh(force=True).policy.intent_labels["coding_help"] == "coding help"

        policy.publish(author=ana)
        assert installation.refresh(force=True).policy.intent_labels["coding_help"] == "programming"
