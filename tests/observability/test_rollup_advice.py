"""What staff should change after a week, and that nothing is advised without a reason."""

from datetime import date
from decimal import Decimal

import pytest

from observability.rollup.gather import gather
from routing.models import Deployment, Ladder, Price, Provider, ProviderKey, Rung
from tests.observability.records import WEEK_ENDING, advice, call, moment, record

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
