"""A provider's key that the environment names counts from the next start of a process on."""

from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from routing.models import Provider, ProviderKey, Revision
from routing.seeding import seed
from routing.services import credentials
from routing.services.snapshot import Snapshots

pytestmark = pytest.mark.usefixtures("installation")


def revision() -> int:
    return Revision.objects.get().number


def start() -> Snapshots:
    """A process that starts: it reads the routing tables for the first time."""
    snapshots = Snapshots()
    snapshots.refresh()
    return snapshots


@pytest.fixture
def key(settings) -> ProviderKey:
    settings.ENV_KEYS = {"openai": "test-key-of-env"}
    start()
    return ProviderKey.objects.get()


class TestAStart:
    def test_makes_a_new_key_count(self, settings):
        settings.ENV_KEYS = {"kimi": "test-key-of-env"}

        snapshot = start().current()

        assert [known.value for known in snapshot.keys["kimi"]] == ["test-key-of-env"]
        assert snapshot.deployments["kimi/kimi-k2.6"].disabled == ""

    def test_makes_one_row_which_does_not_hold_the_key(self, key):
        start()

        assert ProviderKey.objects.count() == 1
        assert (key.source, key.sealed, key.last_four) == ("environment", "", "-env")
        assert "test-key" not in f"{vars(key)}"

    def test_tells_the_other_processes_of_a_key_that_was_replaced(self, key, settings):
        ProviderKey.objects.update(test_result="It works: GPT-6 Luna answered.")
        before = revision()
        settings.ENV_KEYS = {"openai": "another-key-of-env"}

        start()

        renewed = ProviderKey.objects.get()
        assert (renewed.pk, renewed.last_four, renewed.test_result) == (key.pk, "-env", "")
        assert renewed.changed_at > key.changed_at
        assert revision() == before + 1

    def test_writes_nothing_where_nothing_changed(self, key):
        with CaptureQueriesContext(connection) as queries:
            start()

        writes = ("INSERT", "UPDATE", "DELETE")
        assert not [it["sql"] for it in queries if it["sql"].startswith(writes)]

    def test_keeps_the_row_under_new_sealing_keys(self, key, settings):
        old = settings.SEALING_KEYS
        settings.SEALING_KEYS = ["a newer sealing key of a test, long enough", *old]
        before = revision()

        start()
        settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
        start()

        assert ProviderKey.objects.get().changed_at == key.changed_at
        assert revision() == before

    def test_leaves_a_key_switched_off_that_staff_switched_off(self, key, settings):
        ProviderKey.objects.update(enabled=False)
        settings.ENV_KEYS = {"openai": "another-key-of-env"}

        assert "openai" not in start().current().keys

    @pytest.mark.django_db(transaction=True)
    def test_may_be_that_of_several_processes_at_once(self, settings):
        settings.ENV_KEYS = {"openai": "test-key-of-env", "kimi": "another-key-of-env"}
        before = revision()
        together = Barrier(4)
        values = []

        def begin() -> None:
            together.wait()
            known = start().current().keys
            values.append({slug: keys[0].value for slug, keys in known.items()})
            connection.close()

        processes = [Thread(target=begin) for _ in range(together.parties)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

        assert values == [settings.ENV_KEYS] * together.parties
        assert ProviderKey.objects.count() == 2
        assert revision() > before

    def test_that_fails_is_tried_again(self, settings):
        settings.ENV_KEYS = {"openai": "test-key-of-env"}
        snapshots = Snapshots()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE routing_providerkey RENAME TO elsewhere")
            with pytest.raises(DatabaseError):
                snapshots.refresh()
            cursor.execute("ALTER TABLE elsewhere RENAME TO routing_providerkey")

        assert snapshots.refresh().keys["openai"][0].value == "test-key-of-env"

    def test_stores_the_key_of_a_vendor_once_seed_has_made_it(self, settings, time_machine_s):
        settings.ENV_KEYS = {"kimi": "test-key-of-env"}
        provider = Provider.objects.get(slug="kimi")
        Provider.objects.filter(pk=provider.pk).update(slug="not-there-yet")
        snapshots = start()
        assert "kimi" not in snapshots.current().keys

        Provider.objects.filter(pk=provider.pk).update(slug="kimi")
        Revision.bump()
        time_machine_s(2)

        assert "kimi" in snapshots.refresh().keys


class TestAProcessWithAnotherEnvironment:
    def test_that_seeds_without_the_key_takes_it_from_nobody(self, key, settings, time_machine_s):
        running = start()
        settings.ENV_KEYS = {"openai": ""}
        seed()
        settings.ENV_KEYS = {"openai": "test-key-of-env"}
        time_machine_s(2)

        assert running.refresh().keys["openai"][0].value == "test-key-of-env"

    def test_that_runs_does_not_note_its_own_key_again(self, key, settings, time_machine_s):
        running = start()
        settings.ENV_KEYS = {"openai": "another-key-of-env"}
        start()
        noted, before = ProviderKey.objects.get().fingerprint, revision()
        settings.ENV_KEYS = {"openai": "test-key-of-env"}
        time_machine_s(2)

        assert running.refresh().keys["openai"][0].value == "test-key-of-env"
        assert (ProviderKey.objects.get().fingerprint, revision()) == (noted, before)


class TestSeed:
    def test_stores_a_key_as_every_start_does(self, settings):
        settings.ENV_KEYS = {"openai": "test-key-of-env"}

        seed()

        assert ProviderKey.objects.get().source == "environment"

    def test_removes_the_row_of_a_key_that_has_left(self, key, settings):
        settings.ENV_KEYS = {"openai": ""}
        before = revision()

        seed()

        assert not ProviderKey.objects.exists()
        assert revision() == before + 1

    def test_keeps_the_row_that_staff_switched_off(self, key, settings):
        ProviderKey.objects.update(enabled=False)
        settings.ENV_KEYS = {"openai": ""}

        seed()

        assert ProviderKey.objects.get().enabled is False

    def test_leaves_keys_of_staff_alone(self, settings, ana):
        provider = Provider.objects.get(slug="openai")
        credentials.add_key(
            provider=provider, label="ours", value="test-key-0123456789", enabled=True, by=ana
        )

        seed()

        assert ProviderKey.objects.get().label == "ours"


def test_a_key_of_staff_may_be_labelled_like_that_of_the_environment(settings, ana):
    provider = Provider.objects.get(slug="openai")
    own = credentials.add_key(
        provider=provider,
        label="from the environment",
        value="test-key-0123456789",
        enabled=True,
        by=ana,
    )
    settings.ENV_KEYS = {"openai": "test-key-of-env"}
    seed()

    known = start().current().keys["openai"]

    assert [it.value for it in known] == ["test-key-0123456789", "test-key-of-env"]
    assert own.label == known[0].label != known[1].label
