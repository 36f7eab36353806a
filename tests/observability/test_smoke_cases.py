"""What the smoke evaluation asks, and how an answer is judged."""

import pytest

from observability.models import (
    SmokeCase,
    SmokeCheck,
    SmokeSettings,
)
from observability.smoke.answer_checks import failure, refused
from observability.smoke.changes import changes
from observability.smoke.seeding import seed
from observability.smoke.verdicts import Answered, Expected, judge
from routing.route import PlannedRung
from routing.services import snapshot
from tests.factories import make_attempt, make_route
from tests.observability.smoke_results import result


@pytest.mark.usefixtures("smoke_rows")
class TestWhatShips:
    @pytest.mark.usefixtures("seeded")
    def test_is_eight_messages_that_the_router_takes_for_what_they_are(self):
        detector, previous = snapshot.refresh(force=True).detector, None
        cases = list(SmokeCase.objects.all())

        for case in cases:
            found = detector.detect(case.prompt, previous_intent=previous)
            assert (case.name, found.intent) == (case.name, case.intent)
            previous = found.intent
        assert len(cases) == 8
        assert len({case.intent for case in cases}) == 6

    def test_can_be_checked_as_it_stands(self):
        checks = list(SmokeCheck.objects.all())

        assert len(checks) > 8
        assert [
            refused(check.kind, check.value) for check in checks if refused(check.kind, check.value)
        ] == []

    def test_asks_at_the_end_about_what_was_said_two_turns_before(self):
        last = SmokeCase.objects.last()

        assert last.asks_about.name == "small talk again"

    def test_stays_as_staff_have_made_it(self):
        SmokeCase.objects.filter(shipped="maths").update(name="sums", prompt="What is 1 + 1?")
        SmokeCheck.objects.filter(case__shipped="maths").delete()
        SmokeSettings.objects.update(spend_cap_usd=2)

        seed()

        case = SmokeCase.objects.get(shipped="maths")
        assert (case.name, case.prompt, case.checks.count()) == ("sums", "What is 1 + 1?", 0)
        assert SmokeCase.objects.count() == 8
        assert SmokeSettings.objects.get().spend_cap_usd == 2


class TestACheck:
    @pytest.mark.parametrize(
        ("kind", "value", "answer", "fine"),
        [
            ("contains", "Lisbon", "You live in LISBON.", True),
            ("contains", "Lisbon", "You live in Porto.", False),
            ("not_contains", "sorry", "Of course.", True),
            ("not_contains", "sorry", "I am Sorry.", False),
            ("matches", r"\b391\b", "It is 391.", True),
            ("matches", r"\b391\b", "It is 3910.", False),
            ("json", "", '{"a": 1}', True),
            ("json", "", '```json\n{"a": 1}\n```', True),
            ("json", "", '```json\r\n{"a": 1}\r\n```', True),
            ("json", "", "Here it is: {}", False),
            ("json", "", '{"a": NaN}', False),
            ("json", "", "Infinity", False),
            ("max_words", "3", "one two three", True),
            ("max_words", "3", "one two three four", False),
        ],
    )
    def test_says_whether_an_answer_shows_it(self, kind, value, answer, fine):
        assert (failure(kind, value, answer) == "") is fine

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("matches", "(unclosed"),
            ("matches", r"(?<=back)reference"),
            ("matches", "((a{99}){99}){9}"),
            ("matches", "a*"),
            ("matches", "|x"),
            ("max_words", "a few"),
            ("max_words", "0"),
            ("contains", ""),
            ("contains", "\N{NO-BREAK SPACE}"),
            ("json", "yes"),
        ],
    )
    def test_is_refused_when_it_cannot_be_used(self, kind, value):
        assert refused(kind, value).endswith(".")


class TestTheRung:
    @pytest.mark.parametrize(
        ("passed_over", "unavailable", "verdict"),
        [
            ("no key", False, "passed"),
            ("cooling for another 12 s", True, "failed"),
            ("its breaker is open for another 12 s", True, "failed"),
        ],
    )
    def test_is_the_first_that_is_set_up_even_while_it_rests(
        self, passed_over, unavailable, verdict
    ):
        check = _rung(
            PlannedRung(
                deployment="openai/best",
                label="Best",
                provider="OpenAI",
                passed_over=passed_over,
                unavailable=unavailable,
            )
        )

        assert check.verdict == verdict
        assert ("openai/best stands before it and rests: " in check.detail) is unavailable


class TestTheChanges:
    def test_name_what_flipped_who_answered_and_what_became_slow_or_dear(self):
        good = [result(deployment="a/one", latency_ms=900, cost_usd="0.0010", status="passed")]
        now = [result(deployment="b/two", latency_ms=4000, cost_usd="0.0030", status="failed")]
        now[0].policy_version = 4

        assert changes(now, good) == [
            "policy version 4 instead of 3",
            "maths: status is failed, was passed",
            "maths: b/two answered, last time a/one",
            "maths: took 4,000 ms, last time 900 ms",
            "maths: cost $0.003, last time $0.001",
        ]

    def test_are_none_where_all_is_as_it_was(self):
        good = [result(deployment="a/one", latency_ms=900, cost_usd="0.001", status="passed")]
        now = [result(deployment="a/one", latency_ms=1500, cost_usd="0.0012", status="passed")]

        assert changes(now, good) == []


def _rung(before):
    """The verdict on the rung where only the model for show below `before` was asked."""
    route = make_route(attempts=[make_attempt(1)])
    route.rungs = (before, PlannedRung(deployment="openai/luna", label="Luna", provider="OpenAI"))
    said = Answered(status=200, reply="Yes.", route=route, latency_ms=5)
    show = Expected(answered_before=0, context_turns=0, for_show=frozenset({"openai/luna"}))
    return {check.name: check for check in judge(SmokeCase(), [], said, show)}["rung"]
