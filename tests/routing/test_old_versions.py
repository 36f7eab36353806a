"""Policy versions that another release published, and versions that cannot be read."""

import pytest
from django.urls import reverse

from routing.models import Policy, PolicyVersion, Provider, ProviderKey, Revision
from routing.services import credentials, policy, policy_content, policy_tables
from routing.services.policy_content import RungContent, VersionUnreadable
from routing.services.snapshot import Snapshots
from tests.routing.forms import form_of, ladder, page, save, url_of

pytestmark = pytest.mark.usefixtures("installation")


def stored(number=1):
    return PolicyVersion.objects.get(number=number).content


def store(content, number=1):
    """Put other content into a version, as another release or a damaged database would."""
    PolicyVersion.objects.filter(number=number).update(content=content)


def load(number=1):
    return policy_content.load(PolicyVersion.objects.get(number=number))


@pytest.fixture
def newer():
    """Version 1, as if a newer release had published it."""
    store(stored() | {"schema": 2})


class TestAVersion:
    def test_is_stored_with_its_schema_and_with_rungs_that_can_be_given_options(self):
        assert stored()["schema"] == 1
        assert stored()["ladders"]["coding_help"]["rungs"][0] == {
            "deployment": "openai/gpt-6.1-terra"
        }

    def test_says_what_the_tables_said(self):
        assert load() == policy_tables.content()
        assert RungContent(deployment="local/smollm2-135m") in load().ladders["summary"].rungs

    def test_from_before_a_field_has_its_default(self):
        content = stored()
        del content["turn_limit_s"], content["ladders"]["coding_help"]["web_search"]
        store(content)

        assert load().turn_limit_s == 900
        assert load().ladders["coding_help"].web_search is False

    def test_with_a_field_that_was_removed_since_is_read_without_it(self):
        before = load()
        content = stored()
        content["gone"] = content["ladders"]["summary"]["gone"] = "x"
        content["ladders"]["summary"]["rungs"][0]["gone"] = {"x": 1}
        store(content)

        assert load() == before

    def test_of_a_newer_release_names_both_schemas(self, newer):
        with pytest.raises(VersionUnreadable, match=r"version 1 has schema 2;.* up to 1\."):
            load()

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            ({"persona": 7}, r"\$\.persona"),
            ({"schema": "one"}, r"\$\.schema"),
            ({"ladders": {"summary": {"rungs": ["local/smollm2-135m"]}}}, r"\.rungs\[0\]"),
        ],
    )
    def test_that_was_damaged_names_the_place(self, damage, words):
        store(stored() | damage)

        with pytest.raises(VersionUnreadable, match=rf"version 1 cannot be read: .*{words}"):
            load()

    @pytest.mark.parametrize("content", [{}, [], None, "x"])
    def test_that_holds_no_policy_cannot_be_read(self, content):
        version = PolicyVersion(number=3, content=content)

        with pytest.raises(VersionUnreadable, match="version 3 cannot be read"):
            policy_content.load(version)


class TestPublish:
    def test_makes_no_version_of_another_form_of_the_same_content(self, ana):
        content = stored()
        del content["turn_limit_s"]
        store(content | {"gone": "x"})

        assert policy.publish(author=ana) is None

    def test_follows_a_version_that_cannot_be_read_with_one_that_can(self, ana, newer):
        version = policy.publish(author=ana)

        assert version.difference == "version 1 cannot be read, so what changed is not known"
        assert load(version.number) == policy_tables.content()


class TestRevert:
    def test_refuses_a_version_that_cannot_be_read(self, ana, newer):
        Policy.objects.update(persona="Be brief.")
        policy.publish(author=ana)

        with pytest.raises(VersionUnreadable):
            policy.revert(number=1, author=ana)

        assert policy.latest_number() == 2
        assert Policy.objects.get().persona == "Be brief."


class TestTheSnapshot:
    def test_keeps_the_last_policy_that_could_be_read_and_says_so(self, installation, caplog):
        before = installation.refresh()
        store(stored() | {"schema": 9})

        after = installation.refresh(force=True)

        assert (after.policy, after.detector) == (before.policy, before.detector)
        assert "Policy version 1 has schema 9" in caplog.messages[-1]
        assert "Version 1 stays in force" in caplog.messages[-1]

    def test_still_takes_in_what_is_no_policy(self, installation, ana, time_machine_s):
        key = credentials.add_key(
            provider=Provider.objects.get(slug="kimi"),
            label="first",
            value="test-key-0123456789",
            enabled=True,
            by=ana,
        )
        assert "kimi" in installation.refresh().keys
        PolicyVersion.objects.create(number=2, content={}, difference="damaged")
        ProviderKey.objects.filter(pk=key.pk).update(enabled=False)
        Revision.bump()
        time_machine_s(2)

        after = installation.refresh()

        assert "kimi" not in after.keys
        assert after.policy.version == 1

    def test_serves_again_once_a_version_can_be_read(self, installation, ana, time_machine_s):
        installation.refresh()
        PolicyVersion.objects.create(number=2, content={}, difference="damaged")
        policy.publish(author=ana)
        time_machine_s(2)

        assert installation.refresh().policy.version == 3

    def test_of_a_process_that_starts_is_not_there(self, newer):
        with pytest.raises(VersionUnreadable, match="schema 2"):
            Snapshots().refresh()


class TestThePageOfAVersion:
    def test_says_why_it_cannot_be_read_and_what_to_do(self, boss, newer):
        shown = page(boss.get(url_of(PolicyVersion.objects.get())))

        assert "Policy version 1 has schema 2; this release of Chatcore reads" in shown
        assert "Saving any part of the policy publishes a version that can be read" in shown
        assert "Revert to this version" not in shown

    def test_says_of_a_version_that_is_not_in_force_only_why(self, boss, newer, ana):
        policy.publish(author=ana)

        shown = page(boss.get(url_of(PolicyVersion.objects.get(number=1))))

        assert "Policy version 1 has schema 2" in shown
        assert "It is the version in force" not in shown

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_does_not_revert_to_it(self, boss, newer, ana, method):
        policy.publish(author=ana)
        revert = reverse("admin:routing_policyversion_revert", args=[1])

        shown = page(getattr(boss, method)(revert, follow=True))

        assert "Nothing was changed. Policy version 1 has schema 2" in shown
        assert policy.latest_number() == 2

    def test_is_joined_by_a_readable_one_at_the_next_save(self, boss, newer):
        save(boss, ladder(), form_of(boss, ladder()), cache_ttl_s="1")

        assert load(2).ladders["coding_help"].cache_ttl_s == 1
