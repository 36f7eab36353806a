"""What staff should change about intents, and which smoke cases failed."""

import pytest
from django.utils import timezone

from chatcore.models import Organisation, Turn
from observability.models import SmokeResult, SmokeRun
from observability.rollup.gather import gather
from routing.models import Intent
from tests.factories import make_member, make_thread, make_turn
from tests.observability.records import WEEK_ENDING, advice, call, moment

pytestmark = pytest.mark.django_db


class TestAnIntent:
    @pytest.fixture
    def coding(self) -> Intent:
        return Intent.objects.create(name="coding_help", label="coding help")

    def test_that_is_often_guessed_is_named(self, coding):
        call(7)
        call(3, confidence=0.4)

        (said,) = advice("intent_low_confidence")
        assert said.title == "“coding help” is often a guess"
        assert "30 % of its 10 turns" in said.explanation
        assert said.path == f"/admin/routing/intent/{coding.pk}/change/"

    def test_that_is_clear_is_not(self, coding):
        call(8)
        call(2, confidence=0.4)

        assert advice("intent_low_confidence") == []

    def test_that_catches_what_no_other_claims_is_told_of_as_that(self):
        call(7)
        call(3, intent="ambiguous_or_other", confidence=0.4)

        (said,) = advice("intents_miss")
        assert "30 % of 10 turns" in said.explanation
        assert advice("intent_low_confidence") == []

    def test_that_people_mark_down_is_named_without_their_words(self, coding):
        acme, globex = (Organisation.objects.create(name=name) for name in ("Acme", "Globex"))
        mark(acme, downs=3, ups=1, others=20)
        mark(globex, downs=2)

        (said,) = advice("intent_disliked", acme.pk)
        assert "3 thumbs down and 1 up in 24 turns" in said.explanation
        assert advice("intent_disliked", globex.pk) == []


def mark(organisation: Organisation, *, downs: int, ups: int = 0, others: int = 0) -> None:
    thread = make_thread(make_member(f"of {organisation.name}", organisation))
    for thumb in ["down"] * downs + ["up"] * ups + [""] * others:
        make_turn(thread, intent="coding_help", thumb=thumb, created_at=moment(2))
    assert Turn.objects.filter(thread=thread).count() == downs + ups + others


class TestASmokeCase:
    @pytest.fixture(autouse=True)
    def nights(self) -> None:
        for day, verdict in ((-1, "failed"), (1, "passed"), (2, "failed"), (3, "not run")):
            run = SmokeRun.objects.create(trigger="night", status="ended")
            SmokeRun.objects.filter(pk=run.pk).update(created_at=moment(day))
            checks = [
                {"name": "status", "verdict": "passed"},
                {"name": "content", "verdict": "failed"},
            ]
            SmokeResult.objects.create(
                run=run, name="small talk", place=1, verdict=verdict, checks=checks
            )

    def test_that_failed_is_named_with_what_it_failed_at(self):
        made = gather(WEEK_ENDING, None)
        (case,) = made.failed_smoke
        assert (case.case, case.check, case.failed, case.runs) == ("small talk", "content", 1, 2)
        (said,) = advice("smoke_failed")
        assert said.title == "1 smoke case failed"
        assert "small talk (1 of 2: content)" in said.explanation

    def test_is_the_operators_business_alone(self):
        acme = Organisation.objects.create(name="Acme", created_at=timezone.now())

        assert gather(WEEK_ENDING, acme.pk).failed_smoke == ()
        assert advice("smoke_failed", acme.pk) == []
