"""What the in-memory copy of the routing tables promises."""

from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.models import Deployment, Intent, PolicyVersion, Provider, ProviderKey, Revision
from routing.seeding import seed
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

    def test_asks_the_database_nothing(self, house, django_assert_num_queries):
        loaded = house.refresh()

        with django_assert_num_queries(0):
            assert house.current() is loaded


class TestRefresh:
    def test_needs_a_published_policy(self, db):
        with pytest.raises(RuntimeError, match=r"manage\.py seed"):
            Snapshots().refresh()

    def test_asks_nothing_within_a_second(self, house, django_assert_num_queries):
        house.refresh()

        with django_assert_num_queries(0):
            house.refresh()

    def test_asks_for_one_number_when_nothing_moved(self, house, time_machine_s):
        loaded = house.refresh()
        time_machine_s(LOOK_AGAIN_S)

        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert house.refresh() is loaded

        assert len(queries) == 1

    def test_sees_a_change_after_a_second(self, house, time_machine_s):
        house.refresh()
        Deployment.objects.filter(model="gpt-6-luna").update(label="Luna")
        Revision.bump()
        time_machine_s(LOOK_AGAIN_S)

        assert house.refresh().deployments["openai/gpt-6-luna"].label == "Luna"

    def test_reads_everything_when_forced(self, house):
        house.refresh()
        Deployment.objects.filter(model="gpt-6-luna").update(label="Luna")

        assert house.refresh(force=True).deployments["openai/gpt-6-luna"].label == "Luna"

    def test_keeps_the_detector_while_the_policy_stands(self, house, time_machine_s):
        loaded = house.refresh()
        Revision.bump()
        time_machine_s(LOOK_AGAIN_S)

        renewed = house.refresh()

        assert renewed is not loaded
        assert renewed.detector is loaded.detector

    def test_keeps_the_old_snapshot_when_a_load_fails(self, house, caplog):
        loaded = house.refresh()
        PolicyVersion.objects.update(content={"persona": 7})

        assert house.refresh(force=True) is loaded
        assert "stay in force" in caplog.text

    @pytest.mark.django_db(transaction=True)
    def test_is_shared_by_threads(self, house):
        seen = []

        def read():
            seen.append(house.refresh())
            connection.close()

        threads = [Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(seen) == 4
        assert len({id(snapshot) for snapshot in seen}) == 1


class TestSnapshot:
    def test_says_that_a_provider_has_no_key(self, house):
        assert why_not(house.refresh(), SONAR) == "no key"

    def test_opens_sealed_keys_for_their_provider(self, house, ana):
        key = add_key("perplexity", ana)

        snapshot = house.refresh()

        assert why_not(snapshot, SONAR) == ""
        assert [(known.id, known.value) for known in snapshot.keys["perplexity"]] == [
            (key.pk, "test-key-0123456789")
        ]

    def test_shows_no_key_in_its_repr(self, house, ana):
        add_key("perplexity", ana)

        assert "test-key" not in repr(house.refresh())

    def test_reads_a_key_from_the_environment(self, house, settings):
        settings.ENV_KEYS = {"kimi": "test-key-of-env"}
        seed()

        assert house.refresh().keys["kimi"][0].value == "test-key-of-env"

    def test_leaves_out_a_key_that_is_switched_off(self, house, ana):
        add_key("perplexity", ana, enabled=False)

        assert why_not(house.refresh(), SONAR) == "no key"

    def test_leaves_out_a_key_that_was_swapped_in_the_table(self, house, ana, caplog):
        add_key("perplexity", ana)
        stranger = add_key("kimi", ana, value="test-key-of-kimi")
        ProviderKey.objects.filter(provider__slug="perplexity").update(sealed=stranger.sealed)

        snapshot = house.refresh()

        assert why_not(snapshot, SONAR) == "no key"
        assert why_not(snapshot, "kimi/kimi-k2.6") == ""
        assert "test-key" not in caplog.text

    def test_says_that_the_provider_is_switched_off(self, house):
        Provider.objects.filter(slug="perplexity").update(enabled=False)

        assert why_not(house.refresh(), SONAR) == "the provider is switched off"

    def test_says_that_the_model_is_switched_off(self, house):
        Deployment.objects.filter(model="perplexity/sonar").update(enabled=False)

        assert why_not(house.refresh(), SONAR) == "the model is switched off"

    def test_says_that_the_address_is_missing(self, house):
        Provider.objects.filter(slug="perplexity").update(base_url="")

        assert why_not(house.refresh(), SONAR) == "no address"

    def test_sends_no_key_to_an_address_that_nobody_allowed(self, house, ana):
        add_key("perplexity", ana)
        Provider.objects.filter(slug="perplexity").update(base_url="https://example.org/v1")

        assert why_not(house.refresh(), SONAR) == "the address is not allowed"

    def test_prefers_the_address_that_the_environment_names(self, house, settings, ana):
        add_key("perplexity", ana)
        settings.ENV_BASE_URLS = {"perplexity": "http://127.0.0.1:9000/perplexity/v1"}

        deployment = house.refresh().deployments[SONAR]

        assert (deployment.base_url, deployment.disabled) == (
            "http://127.0.0.1:9000/perplexity/v1",
            "",
        )

    def test_says_that_the_local_model_is_not_running(self, house):
        assert why_not(house.refresh(), "local/smollm2-135m") == "the local model is not running"

    def test_uses_the_local_model_without_a_key_where_it_runs(self, house, settings):
        settings.ENV_BASE_URLS = {"local": "http://127.0.0.1:9001/v1"}

        assert why_not(house.refresh(), "local/smollm2-135m") == ""

    def test_lists_prices_newest_first(self, house):
        rows = house.refresh().prices["gemini", "gemini-4-argon"]

        assert [row.input_usd for row in rows] == [Decimal(4), Decimal(2)]

    def test_detects_by_the_published_intents(self, house):
        detection = house.refresh().detector.detect("hello there, how are you?")

        assert detection.intent == "social_chat"

    def test_ignores_what_was_not_published(self, house, ana):
        Intent.objects.filter(name="coding_help").update(label="programming")

        assert house.refresh(force=True).policy.intent_labels["coding_help"] == "coding help"

        policy.publish(author=ana)
        assert house.refresh(force=True).policy.intent_labels["coding_help"] == "programming"
