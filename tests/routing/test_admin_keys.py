"""What staff may rely on when they set, switch and revoke keys in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.urls import reverse

from routing.models import Provider, ProviderKey, Revision
from routing.services import credentials, environment_keys
from tests.routing.forms import page, url_of

pytestmark = pytest.mark.usefixtures("installation")

SECRET = "test-key-never-shown-9876"
ADD_KEY = "/admin/routing/providerkey/add/"


def list_of(model):
    return reverse(f"admin:routing_{model}_changelist")


def typed_key(**edits):
    openai = Provider.objects.get(slug="openai")
    return {"provider": openai.pk, "label": "first", "value": SECRET, "enabled": "on"} | edits


@pytest.fixture
def key(ana):
    return credentials.add_key(
        provider=Provider.objects.get(slug="openai"),
        label="first",
        value=SECRET,
        enabled=True,
        by=ana,
    )


class TestNewKey:
    def test_is_sealed_and_usable_at_once(self, boss, installation):
        before = Revision.objects.get().number

        boss.post(ADD_KEY, typed_key())

        key = ProviderKey.objects.get()
        assert SECRET not in key.sealed
        assert (key.last_four, key.created_by.username) == ("9876", "boss")
        assert installation.refresh(force=True).keys["openai"][0].value == SECRET
        assert Revision.objects.get().number > before

    def test_is_shown_nowhere_afterwards(self, boss):
        answer = boss.post(ADD_KEY, typed_key(), follow=True)
        key = ProviderKey.objects.get()

        shown = [page(answer), page(boss.get(list_of("providerkey")))]
        shown += [page(boss.get(url_of(key, name))) for name in ("change", "history", "delete")]

        assert not [text for text in shown if SECRET in text or key.sealed in text]
        assert "…9876" in shown[1]
        assert not [entry for entry in LogEntry.objects.all() if SECRET in f"{vars(entry)}"]

    def test_is_not_rendered_again_when_the_form_is_refused(self, boss):
        response = boss.post(ADD_KEY, typed_key(label=""))

        assert "This field is required." in page(response)
        assert SECRET not in page(response)
        assert not ProviderKey.objects.exists()

    def test_is_typed_into_a_field_that_hides_it(self, boss):
        shown = page(boss.get(ADD_KEY))

        field = next(part for part in shown.split("<input") if 'name="value"' in part)
        assert 'type="password"' in field

    @pytest.mark.parametrize(
        ("pasted", "note"),
        [
            (f'"{SECRET}"', "Key: The quotation marks around it were left out."),
            (f"‘{SECRET}’", "Key: The quotation marks around it were left out."),
            (f"Bearer {SECRET}", "Key: The word “Bearer” before the key was left out."),
            (f" {SECRET}\n", None),
        ],
    )
    def test_is_taken_without_what_was_pasted_around_it(self, boss, pasted, note):
        response = boss.post(ADD_KEY, typed_key(value=pasted), follow=True)

        key = ProviderKey.objects.get()
        assert (credentials.open_key(key), key.last_four) == (SECRET, "9876")
        assert note is None or note in page(response)
        assert ("were left out" in page(response) or "was left out" in page(response)) is bool(note)

    @pytest.mark.parametrize(
        ("pasted", "words"),
        [
            ("test key with spaces", "a key has no spaces, line breaks or accented letters"),
            (f"OPENAI_API_KEY={SECRET}", "it begins with “OPENAI_API_KEY”"),
            (f"“{SECRET}", "there is a quotation mark at one end of it"),
            ("'short'", "A key has at least 8 characters."),
        ],
    )
    def test_is_refused_in_words_where_it_is_not_certain(self, boss, pasted, words):
        response = boss.post(ADD_KEY, typed_key(value=pasted))

        assert words in page(response)
        assert SECRET not in page(response)
        assert "test key with" not in page(response)
        assert not ProviderKey.objects.exists()

    def test_is_refused_under_a_label_that_its_provider_has(self, boss, key):
        response = boss.post(ADD_KEY, typed_key())

        assert "already exists" in page(response)
        assert ProviderKey.objects.count() == 1


class TestKeyPage:
    def test_changes_label_and_switch_only(self, boss, key):
        sealed = key.sealed

        boss.post(
            url_of(key), {"label": "renamed", "value": "x" * 20, "sealed": "x", "provider": "1"}
        )

        key.refresh_from_db()
        assert (key.label, key.enabled, key.sealed) == ("renamed", False, sealed)

    def test_counts_as_saved_also_when_nothing_was_changed(self, boss, key):
        boss.post(url_of(key), {"label": key.label, "enabled": "on"})

        assert ProviderKey.objects.get().changed_at > key.changed_at

    def test_revokes_by_deleting(self, boss, key, installation):
        installation.refresh()

        boss.post(url_of(key, "delete"), {"post": "yes"})

        assert "openai" not in installation.refresh(force=True).keys

    def test_leaves_a_key_of_the_environment_to_the_environment(self, boss, settings):
        settings.ENV_KEYS = {"kimi": SECRET}
        environment_keys.store()
        row = ProviderKey.objects.get()

        assert boss.post(url_of(row, "delete"), {"post": "yes"}).status_code == 403
        assert "…9876" in page(boss.get(list_of("providerkey")))

    def test_lets_one_go_that_has_left_the_environment(self, boss, settings):
        settings.ENV_KEYS = {"kimi": SECRET}
        environment_keys.store()
        settings.ENV_KEYS = {"kimi": ""}

        assert "not in the environment now" in page(boss.get(list_of("providerkey")))
        boss.post(url_of(ProviderKey.objects.get(), "delete"), {"post": "yes"})
        assert not ProviderKey.objects.exists()

    def test_refuses_a_label_that_another_key_of_the_provider_has(self, boss, key, ana):
        other = credentials.add_key(
            provider=key.provider, label="second", value=SECRET, enabled=True, by=ana
        )

        response = boss.post(url_of(other), {"label": key.label, "enabled": "on"})

        assert "already" in page(response)
        other.refresh_from_db()
        assert other.label == "second"

    @pytest.mark.parametrize(("action", "enabled"), [("switch_off", False), ("switch_on", True)])
    def test_switches_from_the_list(self, boss, key, action, enabled):
        ProviderKey.objects.update(enabled=not enabled)
        before = Revision.objects.get().number

        boss.post(list_of("providerkey"), {"action": action, "_selected_action": [key.pk]})

        switched = ProviderKey.objects.get()
        assert switched.enabled is enabled
        assert switched.changed_at > key.changed_at
        assert Revision.objects.get().number == before + 1


class TestReseal:
    def test_seals_every_key_with_the_newest_sealing_key(self, key, settings, capsys):
        old = settings.SEALING_KEYS
        settings.SEALING_KEYS = ["a newer sealing key of a test, long enough", *old]

        call_command("reseal")
        call_command("reseal")

        key.refresh_from_db()
        settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
        assert credentials.open_key(key) == SECRET
        assert capsys.readouterr().out.splitlines() == [
            "Keys that open: 1; sealed anew: 1.",
            "Keys that open: 1; sealed anew: 0.",
        ]

    def test_names_the_keys_that_no_sealing_key_opens(self, key, settings, capsys):
        settings.SEALING_KEYS = ["a sealing key that knows nothing of it, long enough"]

        with pytest.raises(SystemExit):
            call_command("reseal")

        assert "OpenAI: first" in capsys.readouterr().err
