"""One mail's advice does not contradict itself, and speaks to whoever reads it."""

from datetime import date
from decimal import Decimal

import pytest

from observability.rollup.gather import gather
from routing.models import Deployment, Price
from tests.observability.records import WEEK_ENDING, advice, call
from tests.observability.test_rollup_advice import (
    FAILED,
    GEMINI,
    ladder,  # noqa: F401  # the rungs of every test here
    price,
)

pytestmark = pytest.mark.django_db


def kinds(organisation_id: int | None = None) -> set[str]:
    return {one.kind for one in gather(WEEK_ENDING, organisation_id).recommendations}


class TestACheaperRung:
    @pytest.fixture(autouse=True)
    def prices(self) -> None:
        """Flash costs a tenth of Luna."""
        price("openai/luna", "1000")
        price("gemini/flash", "100")

    def test_is_not_one_that_always_failed(self):
        call(10, cost="0.12")
        call(6, **FAILED)

        assert kinds() == {"rung_always_failed"}

    def test_is_not_one_whose_answers_never_stood(self):
        call(10, cost="0.12")
        call(6, **{**FAILED, "status": "abandoned", "error": ""})

        assert kinds() == {"rung_never_won"}

    def test_is_not_one_that_goes_away_soon(self):
        Deployment.objects.filter(model="flash").update(retires_on=date(2026, 12, 1))
        call(10, cost="0.12")

        assert kinds() == {"model_going_away", "provider_never_called"}

    def test_is_not_one_whose_window_is_too_small_for_one_of_the_turns(self):
        Deployment.objects.filter(model="flash").update(context_window=6000)
        call(10, cost="0.12")
        assert len(advice("cheaper_rung")) == 1
        call(1, cost="6.1", input_tokens=5000, output_tokens=1100)

        assert advice("cheaper_rung") == []

    def test_is_not_one_whose_searches_have_no_price(self):
        call(10, cost="0.12", search_queries=1)
        assert advice("cheaper_rung") == []
        Price.objects.filter(model="flash").update(search_usd=Decimal("1"))

        assert len(advice("cheaper_rung")) == 1


class TestARungThatDeclined:
    @pytest.mark.parametrize("error", ["content_filter", "context_length", "invalid_request"])
    def test_what_nobody_could_have_answered_is_not_in_the_way(self, error):
        call(10)
        call(6, **{**FAILED, "error": error})

        assert kinds() == set()

    def test_and_failed_besides_is_told_of_its_failures_alone(self):
        call(10)
        call(3, **{**FAILED, "error": "content_filter"})
        call(6, **FAILED)

        (said,) = advice("rung_always_failed")
        assert "All 6 calls to it failed: 6 times it did not answer in time." in said.explanation


class TestTheLastRung:
    LOST = {"status": "abandoned", "concludes": False, "error": ""}

    def test_whose_answers_never_stood_is_what_it_is_for(self):
        call(10, **GEMINI)
        call(6, **self.LOST)

        assert kinds() == set()

    def test_that_failed_too_is_named_and_not_moved_down(self):
        call(10, **GEMINI)
        call(4, **self.LOST)
        call(2, status="failed", error="timeout", concludes=False)

        (said,) = advice("rung_never_won")
        assert "called 6 times (2 failed)" in said.explanation
        assert "down" not in said.explanation


class TestOneOrganisationsMail:
    def test_names_no_model_that_only_another_uses(self):
        """Of organisation 2 everything is asked of Gemini."""
        old = price("openai/luna", "1000")
        price("openai/luna", "1500", day=8)
        Deployment.objects.filter(model="luna").update(retires_on=date(2026, 12, 1))
        call(9, organisation_id=1, price_id=old.pk)
        call(9, organisation_id=2, **GEMINI)

        assert kinds(1) == {"price_changes", "model_going_away"}
        assert kinds(2) == set()

    def test_does_not_say_that_nobody_called_whom_another_calls(self):
        call(9, organisation_id=1)
        call(9, organisation_id=2, **GEMINI)

        assert kinds(1) == set()
