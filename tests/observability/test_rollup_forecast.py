"""What the rest of the month will cost, and how a number moved, in words."""

from decimal import Decimal

import pytest

from observability import wording
from observability.rollup.gather import gather
from observability.rollup.report import Report
from tests.observability.records import WEEK_ENDING, moment, record


def of_all() -> Report:
    return gather(WEEK_ENDING, None)


@pytest.mark.django_db
class TestTheForecast:
    def test_goes_on_as_this_weeks_average_day(self):
        record(-14.0, "3")  # 1 November
        record(-15.0, "100")  # 31 October
        record(1, "0.7")
        record(2, "1.4")

        month = of_all().month
        assert month.figures.cost_usd == Decimal("5.1")
        # 2.1 in 7 days is 0.3 a day; 9 days are left of November's 30.
        assert month.forecast_usd == Decimal("5.1") + 9 * Decimal("0.3")
        assert "9 days" in month.explanation

    def test_takes_the_average_of_the_first_weeks_days_since_it_began(self):
        record(4.5, "0.6")  # Thursday, so that there are three days
        record(6, "0.3")

        assert of_all().month.forecast_usd == Decimal("0.9") + 9 * Decimal("0.3")

    def test_is_not_made_of_two_days(self):
        record(5.5)

        month = of_all().month
        assert month.forecast_usd is None
        assert "too early" in month.explanation

    def test_is_not_made_when_the_month_is_over(self):
        record(1)

        month = gather(moment(-14).date(), None).month  # its last day is 31 October
        assert (month.start.isoformat(), month.forecast_usd) == ("2026-10-01", None)
        assert "over" in month.explanation

    def test_is_a_lower_bound_where_the_week_is(self):
        record(-3)
        record(1, None)
        record(2, "0.7")

        assert "at least" in of_all().month.explanation


class TestAChange:
    @pytest.mark.parametrize(
        ("now", "before", "words"),
        [
            (12, 10, "+20\N{NO-BREAK SPACE}%"),
            (8, 10, "−20\N{NO-BREAK SPACE}%"),
            (10, 10, "as the week before"),
            (0, 0, "as the week before"),
            (5, 0, "none the week before"),
            (0, 5, "−100\N{NO-BREAK SPACE}%"),
            (1001, 1000, "about as the week before"),
            (Decimal("0.3"), Decimal("0.1"), "+200\N{NO-BREAK SPACE}%"),
        ],
    )
    def test_is_put_into_words_and_never_divides_by_nothing(self, now, before, words):
        assert wording.moved(now, before) == words
