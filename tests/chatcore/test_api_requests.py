"""Who may use the API, what it answers to bad requests, and how it describes itself."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from chatcore.models import Thread
from tests.factories import browser, make_token, make_user

JSON = "application/json"


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
