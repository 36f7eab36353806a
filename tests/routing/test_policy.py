"""How what staff edit becomes numbered versions, and how one comes back."""

import pytest
from django.db import transaction

from routing.models import (
    Deployment,
    Intent,
    IntentRule,
    Ladder,
    Policy,
    PolicyVersion,
    Provider,
    Revision,
)
from routing.services import policy, policy_tables
from routing.services.policy import PolicyInvalid

pytestmark = pytest.mark.usefixtures("installation")


def rungs(ladder="coding_help"):
    return [rung.deployment.name for rung in Ladder.objects.get(name=ladder).rungs.all()]


def reorder(order, ladder="coding_help"):
    row = Ladder.objects.get(name=ladder)
    by_name = {rung.deployment.name: rung for rung in row.rungs.all()}
    for position, name in enumerate(order):
        rung = by_name[name]
        rung.position = position
        rung.save()


def published(ana):
    version = policy.publish(author=ana)
    assert version is not None
    return version.difference


class TestPublish:
    def test_writes_nothing_when_nothing_changed(self, ana):
        assert policy.publish(author=ana) is None
        assert PolicyVersion.objects.count() == 1

    def test_numbers_versions_and_names_their_author(self, ana):
        Policy.objects.update(max_calls=4)

        version = policy.publish(author=ana)

        assert (version.number, version.author) == (2, ana)
        assert version.content["max_calls"] == 4

    def test_moves_the_revision(self, ana):
        before = Revision.objects.get().number
        Policy.objects.update(max_calls=4)

        policy.publish(author=ana)

        assert Revision.objects.get().number == before + 1

    def test_leaves_the_versions_before_it_alone(self, ana):
        before = PolicyVersion.objects.get(number=1).content
        Policy.objects.update(persona="Be brief.")

        policy.publish(author=ana)

        assert PolicyVersion.objects.get(number=1).content == before

    def test_refuses_a_ladder_without_rungs(self, ana):
        Ladder.objects.get(name="coding_help").rungs.all().delete()

        with pytest.raises(PolicyInvalid, match="coding_help needs at least one rung"):
            policy.publish(author=ana)

    def test_refuses_an_enabled_intent_without_a_ladder(self, ana):
        Intent.objects.create(name="law", label="law")

        with pytest.raises(PolicyInvalid, match="law has no ladder"):
            policy.publish(author=ana)

    def test_refuses_a_ladder_that_is_not_called_like_its_intent(self, ana):
        Ladder.objects.filter(name="coding_help").update(name="programming")

        with pytest.raises(PolicyInvalid, match="The intent coding_help has no ladder"):
            policy.publish(author=ana)

    def test_refuses_a_ladder_that_serves_an_intent_of_another_name(self, ana):
        Intent.objects.filter(name="coding_help").update(enabled=False)
        Ladder.objects.filter(name="coding_help").update(name="programming")

        with pytest.raises(PolicyInvalid, match="programming must serve the intent of its own"):
            policy.publish(author=ana)

    def test_refuses_a_ladder_of_an_intent_that_does_not_serve_it(self, ana):
        Ladder.objects.filter(name="coding_help").update(intent=None)

        with pytest.raises(PolicyInvalid, match="coding_help must serve the intent of its own"):
            policy.publish(author=ana)

    def test_refuses_to_lose_the_intent_that_takes_the_rest(self, ana):
        Intent.objects.filter(name="ambiguous_or_other").update(enabled=False)

        with pytest.raises(PolicyInvalid, match="must be there and enabled"):
            policy.publish(author=ana)


class TestLatestNumber:
    def test_is_that_of_the_version_in_force(self, ana):
        Policy.objects.update(max_calls=4)
        policy.publish(author=ana)

        assert policy.latest_number() == 2

    def test_is_nothing_before_the_first(self):
        PolicyVersion.objects.all().delete()

        assert policy.latest_number() == 0


class TestDifference:
    def test_says_which_rung_moved_above_which(self, ana):
        first, second, third, *rest = rungs()
        reorder([first, third, second, *rest])

        assert published(ana) == "coding_help: Gemini 3.8 Flash moved above Kimi K3.1 Pro"

    def test_says_which_rung_moved_below_which(self, ana):
        first, second, third, *rest = rungs()
        reorder([second, third, first, *rest])

        assert published(ana) == "coding_help: GPT-6.1 Terra moved below Gemini 3.8 Flash"

    def test_lists_the_order_when_several_moved(self, ana):
        reorder(list(reversed(rungs())))

        assert published(ana).startswith(
            "coding_help: order is now SmolLM2 135M (tiny demo model), Son"
        )

    def test_says_which_rung_came_and_which_went(self, ana):
        ladder = Ladder.objects.get(name="coding_help")
        ladder.rungs.first().delete()
        ladder.rungs.create(deployment=Deployment.objects.get(model="gpt-6-luna"), position=9)

        assert published(ana) == "coding_help: GPT-6 Luna added, GPT-6.1 Terra removed"

    def test_says_what_changed_in_an_intent(self, ana):
        intent = Intent.objects.get(name="coding_help")
        intent.rules.create(kind=IntentRule.Kind.KEYWORD, text="a word of ours", weight=1)
        Intent.objects.filter(pk=intent.pk).update(label="programming")

        assert published(ana) == "coding_help: now called programming, 1 rule added"

    def test_says_what_changed_for_every_message(self, ana):
        Policy.objects.update(persona="x", max_calls=5, patience_s=1.5, reroute_filtered=True)

        assert published(ana) == (
            "persona changed; calls per message 3 → 5; patience 3 s → 1.5 s; "
            "filtered prompts now go on to the next rung"
        )

    def test_fits_in_its_column(self, ana):
        for ladder in Ladder.objects.exclude(intent=None):
            reorder(list(reversed(rungs(ladder.name))), ladder.name)

        words = published(ana)

        assert len(words) == 300
        assert words.endswith("…")


class TestRevert:
    def test_puts_back_what_the_version_said_and_says_so(self, ana):
        before = policy_tables.content()
        reorder(list(reversed(rungs())))
        Policy.objects.update(persona="x")
        Intent.objects.get(name="coding_help").rules.first().delete()
        policy.publish(author=ana)

        version = policy.revert(number=1, author=ana)

        assert policy_tables.content() == before
        assert (version.number, version.reverted_to, version.author) == (3, 1, ana)
        assert version.difference.startswith("Reverted to version 1 (")

    def test_removes_an_intent_that_was_not_there_then(self, ana):
        law = Intent.objects.create(name="law", label="law")
        policy_tables.give_ladder(law)
        policy.publish(author=ana)

        policy.revert(number=1, author=ana)

        assert not Ladder.objects.filter(name="law").exists()
        assert not Intent.objects.filter(name="law").exists()

    def test_brings_back_an_intent_with_its_ladder(self, ana):
        Intent.objects.get(name="social_chat").delete()
        policy.publish(author=ana)

        policy.revert(number=1, author=ana)

        assert Intent.objects.get(name="social_chat").rules.exists()
        assert rungs("social_chat")[0] == "gemini/gemini-3.5-flash-lite"

    def test_keeps_the_rows_of_rungs_that_stay(self, ana):
        before = set(Ladder.objects.get(name="coding_help").rungs.values_list("pk", flat=True))
        reorder(list(reversed(rungs())))
        policy.publish(author=ana)

        policy.revert(number=1, author=ana)

        after = set(Ladder.objects.get(name="coding_help").rungs.values_list("pk", flat=True))
        assert after == before

    def test_publishes_nothing_when_the_tables_say_it_already(self, ana):
        assert policy.revert(number=1, author=ana) is None

    def test_names_the_models_that_are_gone_and_changes_nothing(self, ana):
        extra = Deployment.objects.create(
            provider=Provider.objects.get(slug="kimi"),
            model="old",
            label="Old",
            context_window=9000,
        )
        ladder = Ladder.objects.get(name="coding_help")
        rung = ladder.rungs.create(deployment=extra, position=9)
        policy.publish(author=ana)
        rung.delete()
        extra.delete()
        policy.publish(author=ana)

        with pytest.raises(PolicyInvalid, match="no longer exist: kimi/old"), transaction.atomic():
            policy.revert(number=2, author=ana)

        assert policy.latest().number == 3

    def test_does_not_know_a_version_that_never_was(self, ana):
        with pytest.raises(PolicyVersion.DoesNotExist):
            policy.revert(number=99, author=ana)


class TestGiveLadder:
    def test_copies_the_rungs_of_the_intent_that_takes_the_rest(self):
        ladder = policy_tables.give_ladder(Intent.objects.create(name="law", label="law"))

        assert ladder.name == "law"
        assert rungs("law") == rungs("ambiguous_or_other")

    def test_leaves_a_ladder_that_is_there_alone(self):
        before = rungs()

        policy_tables.give_ladder(Intent.objects.get(name="coding_help"))

        assert rungs() == before
