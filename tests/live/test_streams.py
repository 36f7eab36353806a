"""The same turns over plain HTTP: as server-sent events, or as one JSON answer."""

import json
import uuid
from decimal import Decimal

import httpx
import pytest

from tests.live.cases import PRICE, VENDORS
from tests.live.site import Person, Site, Web


def events(body: str) -> list[dict]:
    """The frames of a stream of server-sent events, each checked against its envelope."""
    found = []
    for block in body.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")
        )
        if fields:
            frame = json.loads(fields["data"])
            assert fields["event"] == frame["type"]
            found.append(frame | {"id_line": fields["id"]})
    return found


def ask(person: Person, thread: str, text: str, **headers: str) -> httpx.Response:
    return person.client.post(
        f"/api/threads/{thread}/turns/",
        json={"id": str(uuid.uuid4()), "text": text},
        headers={**person.writes, **headers},
    )


class TestPost:
    def test_streams_the_frames(self, demo: Person):
        answer = ask(demo, demo.new_thread(), "case plain, please", Accept="text/event-stream")

        frames = events(answer.text)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert [frames[0]["type"], frames[1]["type"], frames[-1]["type"]] == [
            "accepted",
            "route",
            "done",
        ]
        text = "".join(frame["text"] for frame in frames if frame["type"] == "delta")
        assert text == demo.turn(frames[0]["turn"])["reply"]
        assert frames[-1]["id_line"] == str(frames[-1]["seq"])

    def test_gives_the_turn_when_it_is_done(self, demo: Person):
        thread = demo.new_thread()

        answer = ask(demo, thread, "case plain, please")

        assert answer.status_code == 200
        assert answer.json() == demo.turns(thread)[0]

    def test_says_502_and_one_sentence_for_a_failed_turn(self, demo: Person):
        answer = ask(demo, demo.new_thread(), "case dead, please")

        assert answer.status_code == 502
        assert set(answer.json()) == {"code", "message", "reference"}
        assert answer.json()["code"] == "providers_unavailable"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b'{"id":"x","text":"y"}', 400),
            (b'{"id":"6fa459ea-ee8a-3ca4-894e-db77e160355e","text":""}', 400),
            (b"[" * 10_000, 400),
            (b"x" * 600_000, 413),
        ],
    )
    def test_refuses_a_bad_body(self, demo: Person, body: bytes, status: int):
        thread = demo.new_thread()

        answer = demo.client.post(
            f"/api/threads/{thread}/turns/", content=body, headers=demo.writes
        )

        assert answer.status_code == status
        assert answer.json()["message"]

    def test_needs_the_csrf_token_of_a_session(self, demo: Person):
        answer = demo.client.post(
            f"/api/threads/{demo.new_thread()}/turns/",
            json={"id": str(uuid.uuid4()), "text": "case plain"},
        )

        assert answer.status_code == 403
        assert answer.json()["code"] == "csrf_failed"

    def test_is_closed_to_strangers(self, web: Web, demo: Person):
        answer = httpx.post(
            f"{web.url}/api/threads/{demo.new_thread()}/turns/",
            json={"id": str(uuid.uuid4()), "text": "case plain"},
            headers={"Authorization": "Bearer nonsense"},
        )

        assert answer.status_code == 401

    def test_hides_other_peoples_threads(self, web: Web, demo: Person):
        answer = ask(web.sign_in("staff"), demo.new_thread(), "case plain, please")

        assert answer.status_code == 404


class TestEvents:
    def test_go_on_from_a_position(self, demo: Person):
        thread = demo.new_thread()
        turn = ask(demo, thread, "case plain, please").json()

        answer = demo.client.get(f"/api/turns/{turn['id']}/events", params={"after": 10})

        frames = events(answer.text)
        assert "".join(frame.get("text", "") for frame in frames) == turn["reply"][10:]
        assert frames[-1]["type"] == "done"

    def test_go_on_from_the_last_event_id(self, demo: Person):
        turn = ask(demo, demo.new_thread(), "case plain, please").json()

        answer = demo.client.get(
            f"/api/turns/{turn['id']}/events", headers={"Last-Event-ID": str(turn["seq"])}
        )

        assert [frame["type"] for frame in events(answer.text)] == ["route", "done"]


class TestStop:
    def test_of_a_turn_that_has_ended_changes_nothing(self, demo: Person):
        turn = ask(demo, demo.new_thread(), "case plain, please").json()

        answer = demo.client.post(f"/api/turns/{turn['id']}/stop/", headers=demo.writes)

        assert answer.status_code == 204
        assert demo.turn(turn["id"])["status"] == "complete"


class TestHealth:
    def test_says_that_it_is_alive_and_ready(self, web: Web):
        assert httpx.get(f"{web.url}/healthz").status_code == 200
        assert httpx.get(f"{web.url}/readyz").json()["ready"] is True

    def test_sends_strangers_to_the_login_page(self, web: Web):
        answer = httpx.get(f"{web.url}/")

        assert answer.status_code == 302
        assert answer.headers["location"] == "/login/?next=/"


class TestEachVendor:
    @pytest.mark.parametrize("vendor", VENDORS)
    def test_has_its_tokens_and_its_cost_right_cached_ones_included(
        self, site: Site, demo: Person, vendor: str
    ):
        site.forget_calls()

        turn = ask(demo, demo.new_thread(), f"case priced_{vendor}, please").json()

        served = site.calls()[-1]["served"]
        tokens = served["usage"]
        assert tokens["cached_tokens"] > 0
        assert turn["usage"]["input_tokens"] == tokens["input_tokens"]
        assert turn["usage"]["output_tokens"] == tokens["output_tokens"]
        if vendor == "perplexity":  # which says itself what it charges
            assert Decimal(turn["usage"]["cost_est"]) == Decimal(str(served["cost_usd"]))
            assert turn["cost_source"] == "provider"
        else:
            fresh = tokens["input_tokens"] - tokens["cached_tokens"]
            dollars = (
                fresh * Decimal(PRICE["input_usd"])
                + tokens["cached_tokens"] * Decimal(PRICE["cached_input_usd"])
                + tokens["output_tokens"] * Decimal(PRICE["output_usd"])
            ) / 1_000_000
            assert Decimal(turn["usage"]["cost_est"]) == dollars
            assert turn["cost_source"] == "computed"

    @pytest.mark.parametrize("vendor", VENDORS)
    def test_says_when_its_token_limit_cut_the_reply(self, demo: Person, vendor: str):
        turn = ask(demo, demo.new_thread(), f"case short_{vendor}, please").json()

        assert turn["status"] == "complete"
        assert turn["finish_reason"] == "length"
        assert turn["usage"]["truncated"] is True
        assert turn["truncated_reason"] == "token_limit"


class TestShippedLadders:
    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("hi there, how are you today?", "social_chat"),
            ("write a python function that reverses a list", "coding_help"),
            ("who won the football world cup in 2014?", "qa_retrieval"),
            ("rewrite this sentence to sound friendlier: give me the file", "editing_writing"),
            ("if 3 pens cost 4.50, how much do 7 pens cost? show the steps", "reasoning_math"),
            ("hmm, not sure, that thing", "ambiguous_or_other"),
        ],
    )
    def test_serve_each_intent_by_their_first_rung(
        self, site: Site, demo: Person, text: str, intent: str
    ):
        site.forget_calls()

        turn = ask(demo, demo.new_thread(), text).json()

        served = site.calls()[-1]
        assert turn["intent"] == intent
        assert turn["fallback_used"] is False
        assert turn["provider"] == served["vendor"]
        assert turn["usage"]["input_tokens"] == served["served"]["usage"]["input_tokens"]
        assert turn["usage"]["output_tokens"] == served["served"]["usage"]["output_tokens"]
        assert turn["usage"]["cost_est"] is not None
        assert turn["usage"]["truncated"] is False
