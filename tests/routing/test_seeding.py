"""What a new installation starts with, and what a later start changes."""

import pytest

from routing.intents import FALLBACK_INTENT, check_rule
from routing.models import (
    Deployment,
    Intent,
    Ladder,
    PolicyVersion,
    Price,
    Provider,
    Revision,
)
from routing.seeding import seed
from routing.services import policy_content


@pytest.mark.usefixtures("installation")
class TestSeed:
    def test_makes_a_ladder_for_each_shipped_intent_and_one_for_summaries(self):
        names = set(Intent.objects.values_list("name", flat=True))

        assert FALLBACK_INTENT in names
        assert {ladder.name for ladder in Ladder.objects.all()} == {*names, "summary"}

    def test_ships_only_rules_that_a_form_would_accept(self):
        specs = policy_content.specs(policy_content.load(PolicyVersion.objects.get()))
        rules = [rule for spec in specs for rule in spec.rules]

        assert rules
        assert [check_rule(rule) for rule in rules if check_rule(rule)] == []

    def test_prices_every_shipped_model(self):
        priced = set(Price.objects.values_list("provider__slug", "model"))

        assert set(Deployment.objects.values_list("provider__slug", "model")) == priced

    def test_publishes_version_1(self):
        version = PolicyVersion.objects.get()

        assert (version.number, version.author, version.difference) == (1, None, "Shipped policy")

    def test_changes_nothing_the_second_time(self):
        def count():
            return [
                model.objects.count()
                for model in (Provider, Deployment, Price, Intent, PolicyVersion)
            ]

        before = count()

        seed()

        assert count() == before

    def test_never_overwrites_what_staff_changed(self):
        Deployment.objects.filter(model="gpt-6-luna").update(label="Luna of ours", enabled=False)
        Ladder.objects.get(name="coding_help").rungs.first().delete()

        seed()

        assert Deployment.objects.get(label="Luna of ours").enabled is False
        assert Ladder.objects.get(name="coding_help").rungs.count() == 4


@pytest.mark.usefixtures("installation")
class TestAStart:
    """What every further start tells the other processes."""

    def revision(self) -> int:
        return Revision.objects.get().number

    def test_tells_nothing_where_nothing_changed(self, settings):
        settings.ENV_KEYS = {"openai": "test-key-of-env", "kimi": ""}
        seed()
        before = self.revision()

        seed()

        assert self.revision() == before

    def test_leaves_what_staff_saved_unchanged_since(self):
        before = list(Provider.objects.values_list("slug", "changed_at"))
        models = list(Deployment.objects.values_list("pk", "changed_at"))

        seed()

        assert list(Provider.objects.values_list("slug", "changed_at")) == before
        assert list(Deployment.objects.values_list("pk", "changed_at")) == models

    def test_tells_of_a_model_that_is_new(self):
        Price.objects.filter(model="gpt-6-luna").delete()
        before = self.revision()

        seed()

        assert self.revision() == before + 1
