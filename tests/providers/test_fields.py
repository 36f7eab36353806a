"""A vendor's field is what it should be, and what a row can keep; or it is absent."""

from decimal import Decimal

import pytest

from routing.providers.fields import integer, money, text, word
from routing.providers.messages import ReportedCost
from routing.providers.usage import Usage
from routing.services.token_track import normalize_usage

HUGE = pytest.param(10**5000, id="huge")


class TestText:
    def test_keeps_lines_and_no_nul(self):
        assert text("one\n\ttwo\x00") == "one\n\ttwo\ufffd"


class TestAWord:
    @pytest.mark.parametrize("odd", ["lu\x00na", "luna\r\n", "\x1b\x7fluna", "lu\ud800na"])
    def test_has_nothing_that_cannot_be_seen(self, odd: str):
        assert word(odd) == "luna"

    def test_is_cut(self):
        assert len(word("m" * 5_000)) == 120

    @pytest.mark.parametrize("other", [None, 7, {"a": 1}])
    def test_is_empty_where_there_is_none(self, other: object):
        assert word(other) == ""


class TestAnInteger:
    def test_is_written_in_ascii_digits(self):
        assert integer("429") == 429

    @pytest.mark.parametrize("odd", ["", "-1", " 1", "\u00b2", "\u0664", "9" * 5_000, "4.0"])
    def test_is_nothing_else(self, odd: str):
        assert integer(odd) is None


class TestMoney:
    @pytest.mark.parametrize("said", [0.0061, "0.0061", "6.1e-3"])
    def test_is_taken_as_a_number_or_as_text(self, said: object):
        assert money(said) == Decimal("0.0061")

    @pytest.mark.parametrize("said", [1e9, 1e300, "1e999999", "NaN", "-Infinity", -1, "", HUGE])
    def test_that_nobody_can_have_spent_is_none(self, said: object):
        assert money(said) is None

    @pytest.mark.parametrize("said", [1_000_000, "999999.9999999999999999999", "1e-999999"])
    def test_that_is_one_can_be_kept(self, said: object):
        amount = money(said)
        assert amount is not None

        kept = normalize_usage(Usage(), price=None, reported_cost=ReportedCost(total_usd=amount))

        assert kept.cost_est is not None
