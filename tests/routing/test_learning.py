"""What staff teach: examples and corrections, learned by the worker, kept by what was learned from."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from chatcore.models import User
from routing.models import Intent, LearnedHead, PolicyVersion
from routing.services import learning, policy, policy_content, policy_tables, snapshot

EXAMPLES = (
    "what can I cook with leeks and eggs",
    "how long do lentils have to simmer",
    "a recipe for carrot cake without nuts",
    "can I use yoghurt instead of buttermilk in pancakes",
    "how hot must the oven be for pizza",
    "roast chicken for six people, how much time",
    "my risotto sticks, what did I do wrong",
    "vegetarian lasagne recipe please",
    "Rezept für Kartoffelsuppe mit Würstchen",
    "receta de gazpacho andaluz",
)


@pytest.fixture
def recipes(installation) -> Intent:
    """An intent of staff's, with ten examples, published."""
    row = Intent.objects.create(name="recipes", label="recipes", examples="\n".join(EXAMPLES))
    policy_tables.give_ladder(row)
    policy.publish(author=None)
    return row


def intent_of(text: str) -> str:
    return snapshot.refresh(force=True).detector.detect(text).intent


def likely(text: str, intent: str) -> float:
    scores = snapshot.refresh(force=True).detector.detect(text).scores
    return next(score.score for score in scores if score.intent == intent)


class TestWhatShips:
    def test_has_nothing_to_learn(self, installation):
        assert learning.learn() is None
        assert learning.head_for(policy_content.load(PolicyVersion.objects.get())) is None


class TestAnIntentOfStaffs:
    def test_waits_to_be_learned(self, recipes):
        said = policy_content.load(PolicyVersion.objects.latest("number"))

        assert not learning.is_learned(said)
        assert not snapshot.refresh(force=True).policy.learned

    def test_is_learned_once(self, recipes):
        assert learning.learn() is not None
        assert learning.learn() is None
        assert snapshot.refresh(force=True).policy.learned

    def test_is_found_by_its_own_examples(self, recipes):
        learning.learn()

        found = [intent_of(text) for text in EXAMPLES]

        assert found.count("recipes") >= 8

    def test_leaves_the_others_their_messages(self, recipes):
        learning.learn()

        assert intent_of("fix this python function") == "coding_help"
        assert intent_of("hello there") == "social_chat"

    def test_is_reported_with_accuracy_before_and_after(self, recipes):
        learning.learn()

        report = learning.report_for(policy_content.load(PolicyVersion.objects.latest("number")))

        assert report.held_out_after.right >= report.held_out_before.right - 4
        assert report.examples_before.right == 0
        assert report.examples_after.count == len(EXAMPLES)

    def test_is_found_again_by_a_revert(self, recipes):
        learning.learn()
        taught = policy.latest_number()
        recipes.examples = ""
        recipes.save()
        policy.publish(author=None)

        policy.revert(number=taught, author=User.objects.create_user("editor"))

        assert LearnedHead.objects.count() == 1
        assert snapshot.refresh(force=True).policy.learned


class TestAVersionsPage:
    def test_says_that_its_examples_are_still_to_be_learned(self, boss, recipes):
        assert "has not yet learned" in page_of_latest(boss)

    def test_shows_how_right_guesses_were_and_are(self, boss, recipes):
        learning.learn()

        page = page_of_latest(boss)

        assert "How often messages are taken for what they are" in page
        assert "taken for recipes" in page


def page_of_latest(boss) -> str:
    row = PolicyVersion.objects.latest("number")
    return boss.get(reverse("admin:routing_policyversion_change", args=[row.pk])).content.decode()


class TestACorrection:
    URL = "/admin/routing/correct/"

    def correct(self, boss, text, intent="coding_help", **fields):
        pk = Intent.objects.get(name=intent).pk
        form = {"correct_text": text, "correct_intent": pk, **fields}
        response = boss.post(self.URL, form)
        return response, [str(message) for message in get_messages(response.wsgi_request)]

    def test_becomes_an_example_and_is_published(self, boss, installation):
        _, said = self.correct(boss, "the gizmo  blinks\nred")

        assert "the gizmo blinks red" in Intent.objects.get(name="coding_help").examples
        assert policy.latest().difference == "coding_help: 1 example added"
        assert "Published as version 2" in said[0]

    def test_is_learned(self, boss, installation):
        before = likely("the gizmo blinks red", "coding_help")
        self.correct(boss, "the gizmo blinks red")

        learning.learn()

        assert likely("the gizmo blinks red", "coding_help") > before

    def test_goes_back_to_where_it_was_said(self, boss, installation):
        response, _ = self.correct(boss, "the gizmo", next="/admin/routing/try/?turn=1")

        assert response["Location"] == "/admin/routing/try/?turn=1"

    def test_goes_nowhere_else(self, boss, installation):
        response, _ = self.correct(boss, "the gizmo", next="https://evil.example/")

        assert response["Location"] == "/admin/routing/try/"

    def test_that_was_made_before_publishes_nothing(self, boss, installation):
        self.correct(boss, "the gizmo")
        _, said = self.correct(boss, "the gizmo")

        assert policy.latest_number() == 2
        assert "has that example already" in said[-1]

    @pytest.mark.parametrize("text", ["", "   ", "x" * 501])
    def test_that_is_no_message_says_so_and_changes_nothing(self, boss, installation, text):
        _, said = self.correct(boss, text)

        assert policy.latest_number() == 1
        assert said[0].startswith("Nothing was learned.")
