"""The API's turns, what people thought of them, and the models to retry them with."""

from datetime import timedelta

from django.test import Client

from chatcore.models import Turn
from routing.models import Deployment
from routing.services import snapshot
from tests.factories import NOON, make_turn

JSON = "application/json"


class TestTurns:
    def test_are_listed_oldest_first(self, alices, thread):
        turns = {position: make_turn(thread, f"{position}") for position in (1, 2, 3)}
        for age, position in enumerate((3, 1, 2)):  # clocks say something else
            made = NOON - timedelta(hours=age)
            Turn.objects.filter(pk=turns[position].pk).update(created_at=made)

        listed = alices.get(f"/api/threads/{thread.pk}/turns/").json()
        assert [row["prompt"] for row in listed["results"]] == ["1", "2", "3"]

    def test_come_a_hundred_at_a_time(self, alices, thread):
        for number in range(103):
            make_turn(thread, str(number))

        first = alices.get(f"/api/threads/{thread.pk}/turns/").json()
        second = alices.get(first["next"]).json()
        assert [row["prompt"] for row in first["results"] + second["results"]] == [
            str(number) for number in range(103)
        ]

    def test_are_read_one_by_one(self, alices, thread):
        turn = make_turn(thread, "Why?", reply="Because.", intent="qa_retrieval")

        said = alices.get(f"/api/turns/{turn.pk}/").json()
        assert (said["prompt"], said["reply"], said["intent"]) == (
            "Why?",
            "Because.",
            "qa_retrieval",
        )

    def test_say_their_cost_in_plain_decimals(self, alices, thread):
        turn = make_turn(thread, cost_usd="0.000120000", input_tokens=7, output_tokens=None)

        usage = alices.get(f"/api/turns/{turn.pk}/").json()["usage"]
        assert usage == {
            "input_tokens": 7,
            "output_tokens": None,
            "cost_est": "0.00012",
            "truncated": False,
        }

    def test_name_each_other_when_one_replaces_the_other(self, alices, thread):
        old = make_turn(thread)
        new = make_turn(thread, replaces=old)

        said = alices.get(f"/api/threads/{thread.pk}/turns/").json()["results"]
        assert said[0]["replaced_by"] == str(new.pk)
        assert said[1]["replaces"] == str(old.pk)

    def test_are_those_of_the_conversation_with_all_their_versions(self, alices, thread):
        first, second, third = (make_turn(thread, prompt) for prompt in ("1", "2", "3"))
        make_turn(thread, "3 again", replaces=third)
        make_turn(thread, "2 edited", replaces=second)  # leaves what followed on another branch
        make_turn(thread, "4")

        listed = alices.get(f"/api/threads/{thread.pk}/turns/").json()["results"]
        assert [row["prompt"] for row in listed] == ["1", "2", "2 edited", "4"]
        assert alices.get(f"/api/turns/{third.pk}/").json()["prompt"] == "3"

    def test_may_have_several_versions_of_the_first(self, alices, thread):
        first = make_turn(thread, "1")
        make_turn(thread, "2")
        for prompt in ("1 edited", "1 again"):
            make_turn(thread, prompt, replaces=first)

        listed = alices.get(f"/api/threads/{thread.pk}/turns/").json()["results"]
        assert [row["prompt"] for row in listed] == ["1", "1 edited", "1 again"]

    def test_are_not_torn_apart_by_what_was_purged(self, alices, thread):
        turns = [make_turn(thread, prompt) for prompt in ("1", "2", "3")]
        Turn.objects.filter(pk=turns[0].pk).delete()

        listed = alices.get(f"/api/threads/{thread.pk}/turns/").json()["results"]
        assert [row["prompt"] for row in listed] == ["2", "3"]

    def test_give_a_failure_a_sentence_and_a_reference(self, alices, thread):
        turn = make_turn(thread, status=Turn.Status.FAILED, error_code="providers_unavailable")

        said = alices.get(f"/api/turns/{turn.pk}/").json()
        assert said["code"] == "providers_unavailable"
        assert said["message"].startswith("No model could answer")
        assert said["reference"] == turn.pk.hex[:12]

    def test_have_the_fields_that_the_schema_promises(self, alices, thread):
        turn = make_turn(thread)
        schema = Client().get("/api/schema/?format=json").json()

        said = alices.get(f"/api/turns/{turn.pk}/").json()
        assert set(said) == set(schema["components"]["schemas"]["Turn"]["properties"])


class TestFeedback:
    def test_is_kept(self, alices, thread):
        turn = make_turn(thread)

        answer = alices.put(
            f"/api/turns/{turn.pk}/feedback/", {"thumb": "down", "note": "Too long"}, JSON
        )

        assert answer.json() == {"thumb": "down", "note": "Too long"}
        said = alices.get(f"/api/turns/{turn.pk}/").json()["feedback"]
        assert said == {"thumb": "down", "note": "Too long"}

    def test_may_come_without_a_note(self, alices, thread):
        turn = make_turn(thread)

        answer = alices.put(f"/api/turns/{turn.pk}/feedback/", {"thumb": "up"}, JSON)
        assert answer.json() == {"thumb": "up", "note": ""}

    def test_is_taken_back(self, alices, thread):
        turn = make_turn(thread, thumb="up", note="Nice")

        assert alices.delete(f"/api/turns/{turn.pk}/feedback/").status_code == 204
        assert alices.get(f"/api/turns/{turn.pk}/").json()["feedback"] is None

    def test_is_up_or_down(self, alices, thread):
        turn = make_turn(thread)

        answer = alices.put(f"/api/turns/{turn.pk}/feedback/", {"thumb": "sideways"}, JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


class TestModels:
    def test_are_those_that_staff_offer_and_that_can_be_called(self, alices, settings, shipped):
        settings.ENV_KEYS = {"openai": "test-key", "gemini": "", "perplexity": "", "kimi": ""}
        settings.ENV_BASE_URLS = {}
        shipped()
        Deployment.objects.update(offered=False)
        Deployment.objects.filter(model="gpt-6-luna").update(offered=True)
        Deployment.objects.filter(provider__slug="gemini").update(offered=True)

        snapshot.refresh(force=True)

        offered = alices.get("/api/models/").json()
        assert offered == [{"id": "openai/gpt-6-luna", "label": "GPT-6 Luna"}]


def test_a_list_costs_as_many_queries_for_many_rows_as_for_one(
    alices, thread, django_assert_num_queries
):
    for _ in range(20):
        make_turn(thread)

    with django_assert_num_queries(5):  # session, user, membership, thread, turns
        alices.get(f"/api/threads/{thread.pk}/turns/")
