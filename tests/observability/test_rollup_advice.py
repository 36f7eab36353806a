"""What staff should change after a week, and that nothing is advised without a reason."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from chatcore.models import Organisation, Turn
from observability.models import SmokeResult, SmokeRun
from observability.rollup.gather import gather
from observability.rollup.report import Recommendation
from routing.models import Deployment, Intent, Ladder, Price, Provider, ProviderKey, Rung
from tests.factories import make_member, make_thread, make_turn
from tests.observability.records import WEEK_ENDING, moment, record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ladder() -> Ladder:
    """Coding help is answered by Gemini's Flash, else by OpenAI's Luna; both have keys."""
    made = Ladder.objects.create(name="coding_help")
    for position, (slug, model) in enumerate([("gemini", "flash"), ("openai", "luna")]):
        provider = Provider.objects.create(slug=slug, name=slug.title(), wire="chat_completions")
        ProviderKey.objects.create(provider=provider, label="test")
        Rung.objects.create(ladder=made, deployment=model_of(provider, model), position=position)
    return made


def model_of(provider: Provider, model: str, **fields) -> Deployment:
    return Deployment.objects.create(
        provider=provider, model=model, label=model.title(), context_window=8000, **fields
    )


def price(model: str, rate: str, *, day: float = -100, **fields) -> Price:
    """So many USD for a million tokens, read or written."""
    slug, _, name = model.partition("/")
    provider = Provider.objects.get(slug=slug)
    rates = {"input_usd": Decimal(rate), "output_usd": Decimal(rate)}
    return Price.objects.create(
        provider=provider, model=name, effective_from=moment(day), **rates, **fields
    )


def advice(kind: str, organisation_id: int | None = None) -> list[Recommendation]:
    found = gather(WEEK_ENDING, organisation_id).recommendations
    return [each for each in found if each.kind == kind]


def call(times: int, **fields) -> None:
    for _ in range(times):
        record(1, **fields)


GEMINI = {"deployment": "gemini/flash", "provider": "gemini"}
FAILED = {**GEMINI, "status": "failed", "error": "timeout", "concludes": False}


class TestAnOrdinaryWeek:
    def test_has_nothing_to_change(self):
        call(10, **GEMINI)
        call(10)

        assert gather(WEEK_ENDING, None).recommendations == ()


class TestARung:
    def test_that_always_failed_is_named_with_its_errors(self, ladder):
        call(20)
        call(4, **FAILED)
        call(2, **{**FAILED, "error": "rate_limit"})

        (said,) = advice("rung_always_failed")
        assert said.title == "Flash always failed on coding_help"
        assert "All 6 calls" in said.explanation
        assert "4 times it did not answer in time and twice it had too many" in said.explanation
        assert said.path == f"/admin/routing/ladder/{ladder.pk}/change/"

    def test_that_failed_four_times_is_left_alone(self):
        call(20)
        call(4, **FAILED)

        assert advice("rung_always_failed") == []

    def test_that_answered_once_did_not_always_fail(self):
        call(6, **FAILED)
        call(1, **GEMINI)

        assert advice("rung_always_failed") == []
        assert advice("rung_never_won") == []

    def test_that_was_called_and_never_gave_the_reply_never_won(self):
        call(20)
        call(3, **FAILED)
        call(2, **{**FAILED, "status": "abandoned", "error": ""})

        (said,) = advice("rung_never_won")
        assert "called 5 times (3 failed)" in said.explanation
        assert advice("rung_always_failed") == []

    def test_that_was_taken_off_the_ladder_is_advised_no_more(self):
        Rung.objects.filter(deployment__model="flash").delete()
        call(6, **FAILED)

        assert advice("rung_always_failed") == []

    def test_of_another_organisation_is_no_news(self):
        call(9, organisation_id=1)
        call(9, **FAILED, organisation_id=2)

        assert advice("rung_always_failed", 1) == []
        assert len(advice("rung_always_failed", 2)) == 1


class TestAProviderAboveThoseThatAnswered:
    def test_is_named_when_it_was_never_called(self):
        ProviderKey.objects.filter(provider__slug="gemini").delete()
        call(5)

        (said,) = advice("provider_never_called")
        assert said.title == "Gemini was never called"
        assert "It has no key." in said.explanation
        assert said.path == "/admin/routing/providerkey/"

    def test_is_no_news_below_them(self):
        call(5, **GEMINI)

        assert advice("provider_never_called") == []


class TestACheaperRung:
    @pytest.fixture(autouse=True)
    def prices(self) -> None:
        """Luna costs 1,000 USD for a million tokens, Flash a tenth of that."""
        price("openai/luna", "1000")
        price("gemini/flash", "100")

    def test_says_what_the_week_would_have_cost(self):
        # 10 x 120 tokens: 1.20 USD at Luna's price, 0.12 at Flash's
        call(10, cost="0.12")

        (said,) = advice("cheaper_rung")
        assert said.title == "Flash would be cheaper on coding_help"
        assert "The 10 answers there cost $1.20." in said.explanation
        assert "would have cost $0.12" in said.explanation
        assert "90 % less" in said.explanation

    def test_reckons_with_the_prices_of_each_day(self):
        price("gemini/flash", "50", day=3)
        call(5, cost="0.12")  # on day 1: 600 tokens at 100
        for _ in range(5):
            record(4, "0.12")  # on day 4: 600 tokens at 50

        (said,) = advice("cheaper_rung")
        assert "would have cost $0.09" in said.explanation

    def test_is_not_one_that_cannot_serve(self):
        ProviderKey.objects.filter(provider__slug="gemini").update(enabled=False)
        call(10, cost="0.12")

        assert advice("cheaper_rung") == []

    def test_is_not_one_that_is_only_for_show(self):
        Deployment.objects.filter(model="flash").update(demo=True)
        call(10, cost="0.12")

        assert advice("cheaper_rung") == []

    def test_is_not_worth_a_change_for_less_than_a_fifth(self):
        Price.objects.filter(model="flash").delete()
        price("gemini/flash", "801")
        call(10, cost="0.12")

        assert advice("cheaper_rung") == []


class TestAPriceThatChangesSoon:
    def test_says_what_the_week_would_cost_then(self):
        now = price("openai/luna", "1000")
        price("openai/luna", "1500", day=7 + 10)
        call(10, cost="0.12", price_id=now.pk)

        (said,) = advice("price_changes")
        assert said.title == "The price of openai/luna changes on 2 December 2026"
        assert "10 calls at that price would have cost $1.80 instead of $1.20" in said.explanation
        assert "50 % more" in said.explanation

    def test_is_no_news_before_the_last_month(self):
        price("openai/luna", "1000")
        price("openai/luna", "1500", day=7 + 30)

        assert advice("price_changes") == []

    def test_is_no_news_once_it_holds(self):
        price("openai/luna", "1000")
        price("openai/luna", "1500", day=6.9)

        assert advice("price_changes") == []

    def test_is_no_news_for_a_model_that_nobody_uses(self):
        Rung.objects.filter(deployment__model="luna").delete()
        price("openai/luna", "1500", day=8)

        assert advice("price_changes") == []


class TestAModelThatGoesAway:
    def test_is_named_with_its_ladder(self, ladder):
        Deployment.objects.filter(model="luna").update(retires_on=date(2026, 12, 1))
        call(3)

        (said,) = advice("model_going_away")
        assert said.title == "Luna goes away on 1 December 2026"
        assert "in 9 days" in said.explanation
        assert "coding_help and was called 3 times" in said.explanation
        assert said.path == f"/admin/routing/ladder/{ladder.pk}/change/"

    def test_is_no_news_on_no_ladder(self):
        Rung.objects.filter(deployment__model="luna").delete()
        Deployment.objects.filter(model="luna").update(retires_on=date(2026, 12, 1))

        assert advice("model_going_away") == []

    def test_is_no_news_in_a_year(self):
        Deployment.objects.filter(model="luna").update(retires_on=date(2027, 11, 1))

        assert advice("model_going_away") == []


class TestAnUnpricedModel:
    def test_is_named_with_its_calls(self):
        call(3, cost=None)

        (said,) = advice("unpriced_model")
        assert said.title == "Luna has no price"
        assert "3 calls" in said.explanation


class TestAnIntent:
    @pytest.fixture
    def coding(self) -> Intent:
        return Intent.objects.create(name="coding_help", label="coding help")

    def test_that_is_often_guessed_is_named(self, coding):
        call(7)
        call(3, confidence=1.4)

        (said,) = advice("intent_low_confidence")
        assert said.title == "“coding help” is often a guess"
        assert "30 % of its 10 turns" in said.explanation
        assert said.path == f"/admin/routing/intent/{coding.pk}/change/"

    def test_that_is_clear_is_not(self, coding):
        call(8)
        call(2, confidence=1.4)

        assert advice("intent_low_confidence") == []

    def test_that_catches_what_no_other_claims_is_told_of_as_that(self):
        call(7)
        call(3, intent="ambiguous_or_other", confidence=1.0)

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
