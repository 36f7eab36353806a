"""The admin's pages of threads and turns."""

import re

import pytest
from django.test import Client

from chatcore.models import Turn
from routing.services import snapshot
from tests.factories import make_route, make_thread, make_turn, route_text


@pytest.fixture
def turn(alice) -> Turn:
    return make_turn(
        make_thread(alice, title="A private title"),
        "A private question",
        reply="A private answer",
        note="A private note",
        thumb="up",
        route=route_text(),
        intent="coding_help",
        provider="OpenAI",
        policy_version=3,
    )


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTurns:
    def address(self, turn: Turn) -> str:
        return f"/admin/chatcore/turn/{turn.pk}/change/"

    def test_show_their_texts_to_who_may_read_them(self, make_staff, turn):
        shown = page(make_staff("conversation_reader"), self.address(turn))

        assert "A private question" in shown
        assert "A private answer" in shown

    @pytest.mark.parametrize("kind", ["turn", "thread"])
    def test_hide_every_text_from_other_staff(self, make_staff, turn, kind):
        auditor = make_staff("auditor")
        key = turn.pk if kind == "turn" else turn.thread_id

        shown = page(auditor, f"/admin/chatcore/{kind}/{key}/change/")
        listed = page(auditor, f"/admin/chatcore/{kind}/")
        assert "private" not in shown + listed
        assert "keyword: function" not in shown  # a piece of the prompt

    def test_explain_intent_ladder_and_every_attempt(self, boss, turn):
        shown = page(boss, self.address(turn))

        for words in (
            "asks for a function",
            "keyword: function",
            "passed over: no key",
            "failed, rate_limit, HTTP 429",
            "answered as luna-2026-10",
            "210 ms",
            "reported",
            "$0.000345678, computed",
            "price 7",
            "about 321 tokens",
        ):
            assert words in shown

    def test_link_the_policy_version_that_served_them(self, boss, settings, alice, shipped):
        settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
        settings.ENV_BASE_URLS = {}
        shipped()
        turn = make_turn(make_thread(alice), route=route_text(make_route(policy_version=1)))

        shown = page(boss, self.address(turn))
        assert re.search(r'href="/admin/routing/policyversion/\d+/change/"', shown)

    def test_without_a_decision_yet_say_so(self, boss, alice):
        waiting = make_turn(make_thread(alice), status=Turn.Status.RUNNING)

        assert "not been decided yet" in page(boss, self.address(waiting))

    def test_are_found_by_their_reference(self, boss, turn):
        other = make_turn(turn.thread, "Another")

        found = page(boss, f"/admin/chatcore/turn/?q={turn.pk.hex[:12]}")
        assert str(turn.pk) in found
        assert str(other.pk) not in found

    def test_are_filtered_by_status(self, boss, turn):
        failed = make_turn(turn.thread, status=Turn.Status.FAILED)

        found = page(boss, "/admin/chatcore/turn/?status__exact=failed")
        assert str(failed.pk) in found
        assert str(turn.pk) not in found

    def test_are_changed_by_nobody(self, boss, turn):
        answer = boss.post(self.address(turn), {"prompt": "Another"})

        turn.refresh_from_db()
        assert (answer.status_code, turn.prompt) == (403, "A private question")

    def test_escape_what_was_written_in_them(self, boss, alice):
        turn = make_turn(make_thread(alice), "<script>alert(1)</script>", reply="<img src=x>")

        shown = page(boss, self.address(turn))
        assert "<script>alert(1)" not in shown
        assert "<img src=x>" not in shown


class TestTryAPastTurn:
    @pytest.fixture(autouse=True)
    def site(self, db, settings, shipped):
        settings.ENV_KEYS = {"openai": "test-key", "gemini": "", "perplexity": "", "kimi": ""}
        settings.ENV_BASE_URLS = {}
        shipped()
        snapshot.refresh(force=True)

    def test_decides_its_prompt_again_after_what_was_said_before(self, boss, turn):
        later = make_turn(turn.thread, "Make it shorter")

        shown = page(boss, f"/admin/routing/try/?turn={later.pk}")
        assert "Make it shorter" in shown
        assert "1 earlier turn:" in shown

    def test_takes_a_reference_too(self, boss, turn):
        assert "A private question" in page(boss, f"/admin/routing/try/?turn={turn.pk.hex[:12]}")

    def test_is_for_those_who_may_read_conversations(self, make_staff, turn):
        shown = page(make_staff("auditor"), f"/admin/routing/try/?turn={turn.pk}")

        assert "A private question" not in shown
        assert "may not see it" in shown
