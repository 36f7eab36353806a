"""The JSON API: what a member gets, and what others do not."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatcore.models import Thread, Turn
from routing.models import Deployment
from routing.seeding import seed
from routing.services import snapshot
from tests.factories import NOON, make_member, make_thread, make_token, make_turn, make_user

JSON = "application/json"


def browser(user: User, **options) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def alices(alice) -> Client:
    return browser(alice)


@pytest.fixture
def thread(alice) -> Thread:
    return make_thread(alice, title="The sky")


class TestThreads:
    def test_are_made_without_a_title(self, alices):
        answer = alices.post("/api/threads/", {}, JSON)

        assert answer.status_code == 201
        assert set(answer.json()) == {"id", "title", "created_at"}

    def test_belong_to_who_made_them(self, alices, alice, acme):
        made = alices.post("/api/threads/", {"title": "Plans"}, JSON).json()

        thread = Thread.objects.get(pk=made["id"])
        assert (thread.owner, thread.organisation, thread.title) == (alice, acme, "Plans")
        assert thread.title_source == Thread.TitleSource.OWNER

    def test_are_listed_newest_first(self, alices, alice):
        for age in (3, 1, 2):
            made = make_thread(alice, title=f"{age} days old")
            Thread.objects.filter(pk=made.pk).update(updated_at=NOON - timedelta(days=age))

        listed = alices.get("/api/threads/").json()
        assert [row["title"][0] for row in listed["results"]] == ["1", "2", "3"]
        assert (listed["next"], listed["previous"]) == (None, None)

    def test_come_in_pages_that_hold_each_once(self, alices, alice):
        Thread.objects.bulk_create(
            Thread(owner=alice, organisation=alice.membership.organisation) for _ in range(120)
        )

        seen, address = [], "/api/threads/"
        while address:
            page = alices.get(address).json()
            seen += [row["id"] for row in page["results"]]
            address = page["next"]
        assert len(seen) == len(set(seen)) == 120

    def test_are_found_by_title(self, alices, thread, alice):
        make_thread(alice, title="The sea")

        found = alices.get("/api/threads/?search=SKY").json()["results"]
        assert [row["id"] for row in found] == [str(thread.pk)]

    def test_are_found_once_by_what_was_asked_in_them(self, alices, thread):
        make_turn(thread, "Where do swifts sleep?")
        make_turn(thread, "And swifts in winter?")

        found = alices.get("/api/threads/?search=swifts").json()["results"]
        assert [row["id"] for row in found] == [str(thread.pk)]

    def test_are_renamed(self, alices, thread):
        answer = alices.patch(f"/api/threads/{thread.pk}/", {"title": "Blue"}, JSON)

        thread.refresh_from_db()
        assert (answer.json()["title"], thread.title) == ("Blue", "Blue")
        assert thread.title_source == Thread.TitleSource.OWNER

    def test_are_gone_when_deleted(self, alices, thread):
        assert alices.delete(f"/api/threads/{thread.pk}/").status_code == 204

        assert alices.get(f"/api/threads/{thread.pk}/").status_code == 404
        assert alices.get("/api/threads/").json()["results"] == []

    def test_stop_what_runs_in_them_when_deleted(self, alices, thread):
        running = make_turn(thread, status=Turn.Status.RUNNING)

        alices.delete(f"/api/threads/{thread.pk}/")

        running.refresh_from_db()
        assert running.stop_asked


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
    def test_are_those_that_staff_offer_and_that_can_be_called(self, alices, settings):
        settings.ENV_KEYS = {"openai": "test-key", "gemini": "", "perplexity": "", "kimi": ""}
        settings.ENV_BASE_URLS = {}
        seed()
        Deployment.objects.update(offered=False)
        Deployment.objects.filter(model="gpt-6-luna").update(offered=True)
        Deployment.objects.filter(provider__slug="gemini").update(offered=True)

        snapshot.refresh(force=True)

        offered = alices.get("/api/models/").json()
        assert offered == [{"id": "openai/gpt-6-luna", "label": "GPT-6 Luna"}]


@pytest.mark.parametrize("who", ["bob", "carol"])
class TestOthers:
    """Bob sits beside Alice, Carol at another firm: to both, what is hers does not exist."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", "/api/threads/{thread}/"),
            ("patch", "/api/threads/{thread}/"),
            ("delete", "/api/threads/{thread}/"),
            ("get", "/api/threads/{thread}/turns/"),
            ("get", "/api/turns/{turn}/"),
            ("put", "/api/turns/{turn}/feedback/"),
            ("delete", "/api/turns/{turn}/feedback/"),
        ],
    )
    def test_get_404(self, who, method, path, thread, request):
        turn = make_turn(thread)
        other = browser(request.getfixturevalue(who))

        answer = getattr(other, method)(
            path.format(thread=thread.pk, turn=turn.pk), {"title": "x"}, content_type=JSON
        )

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_find_nothing(self, who, thread, request):
        make_turn(thread, "swifts")
        other = browser(request.getfixturevalue(who))

        assert other.get("/api/threads/?search=swifts").json()["results"] == []


class TestSigningIn:
    def test_is_needed(self, db):
        answer = Client().get("/api/threads/")

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_works_with_a_token_and_needs_no_csrf_token(self, alice):
        client = Client(enforce_csrf_checks=True)

        answer = client.post(
            "/api/threads/", {}, JSON, headers={"Authorization": f"Bearer {make_token(alice)}"}
        )
        assert answer.status_code == 201

    def test_with_a_session_needs_the_csrf_token(self, alice):
        answer = browser(alice, enforce_csrf_checks=True).post("/api/threads/", {}, JSON)

        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")

    def test_refuses_an_unknown_token(self, db):
        answer = Client().get("/api/threads/", headers={"Authorization": "Bearer cc_unknown"})

        assert answer.status_code == 401
        assert "token" in answer.json()["message"]

    def test_is_not_enough_without_an_organisation(self, db):
        answer = browser(make_user("nobody")).get("/api/threads/")

        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")

    def test_ends_when_the_organisation_is_switched_off(self, alices, acme):
        acme.active = False
        acme.save()

        assert alices.get("/api/threads/").status_code == 403


class TestErrors:
    def test_name_unknown_fields(self, alices):
        answer = alices.post("/api/threads/", {"titel": "x"}, JSON)

        assert answer.status_code == 400
        assert answer.json()["message"].startswith("titel: ")

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"\xff\xfe",
            b'{"title": "\\ud800"}',
            b'{"title": "\\u0000"}',
            b'{"title": {"a": 1}}',
            b'{"title": "' + b"x" * 121 + b'"}',
            b"[" * 60_000,
            b'{"a":' * 20_000,
        ],
        ids=lambda body: repr(body[:20]),
    )
    def test_are_400_for_a_body_that_is_not_understood(self, alices, body):
        answer = alices.post("/api/threads/", body, JSON)

        assert answer.status_code == 400
        assert set(answer.json()) == {"code", "message"}

    def test_are_413_for_a_body_that_is_too_large(self, alices):
        answer = alices.post("/api/threads/", json.dumps({"title": "x" * 200_000}), JSON)

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_are_415_for_a_form(self, alices):
        assert alices.post("/api/threads/", {"title": "x"}).status_code == 415

    def test_are_json_where_no_address_matches(self, alices):
        answer = alices.get("/api/nothing/")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_are_json_for_a_fault_of_ours(self, alices, monkeypatch):
        monkeypatch.delattr(Thread.objects.__class__, "visible_to")
        alices.raise_request_exception = False

        answer = alices.get("/api/threads/")

        assert (answer.status_code, answer.json()["code"]) == (500, "internal")

    @pytest.mark.parametrize("path", ["/api/threads/", f"/api/turns/{uuid4()}/", "/api/nothing/"])
    def test_and_answers_are_kept_by_no_cache(self, alices, path):
        assert "no-store" in alices.get(path)["Cache-Control"]


class TestTheSchema:
    def test_is_open_and_knows_the_streams_too(self, db):
        schema = Client().get("/api/schema/?format=json").json()

        assert set(schema["paths"]["/api/threads/{thread_id}/turns/"]) == {"get", "post"}
        assert "/api/turns/{turn_id}/events" in schema["paths"]
        assert "/api/turns/{turn_id}/stop/" in schema["paths"]


def test_a_list_costs_as_many_queries_for_many_rows_as_for_one(
    alices, thread, django_assert_num_queries
):
    for _ in range(20):
        make_turn(thread)

    with django_assert_num_queries(5):  # session, user, membership, thread, turns
        alices.get(f"/api/threads/{thread.pk}/turns/")


def test_a_person_who_moves_leaves_the_old_chats_behind(acme, globex):
    dave = make_member("dave", acme)
    make_thread(dave)
    dave.membership.organisation = globex
    dave.membership.save()

    assert browser(dave).get("/api/threads/").json()["results"] == []
