"""The admin's list of provider calls."""

import pytest
import time_machine
from django.test import Client

from chatcore.admin import big_tables
from chatcore.models import Organisation
from observability.models import AttemptRecord
from tests.factories import browser
from tests.observability.overview_week import NOW, account, make_week, words

LIST = "/admin/observability/attemptrecord/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def acme(db) -> Organisation:
    return Organisation.objects.create(name="Acme")


@pytest.fixture
def globex(db) -> Organisation:
    return Organisation.objects.create(name="Globex")


@pytest.fixture
def week(acme, globex) -> None:
    make_week(acme, globex)


@pytest.fixture
def boss(db) -> Client:
    return browser(account("boss", is_superuser=True))


@pytest.mark.usefixtures("week")
class TestTheListOfAttempts:
    def test_says_what_came_of_each_call(self, boss):
        shown = words(boss, LIST)

        assert "failed: did not answer in time" in shown
        assert "answered from the reply cache" in shown
        assert "answered; reached the token limit" in shown

    @pytest.mark.parametrize(
        ("sieve", "count"),
        [
            ("source=smoke", 1),
            ("error=timeout", 1),
            ("cache_hit__exact=1", 1),
            ("truncated__exact=1", 1),
            ("fallback_used__exact=1", 2),
            ("provider=gemini", 1),
            ("deployment=gemini/flash", 1),
            ("status=failed", 2),
            ("intent=social_chat", 1),
            ("cost_source=unknown", 0),
            ("usage_source=none", 1),
        ],
    )
    def test_can_be_sifted(self, boss, sieve: str, count: int):
        listed = boss.get(f"{LIST}?{sieve}")

        assert listed.status_code == 200
        assert listed.context["cl"].result_count == count

    def test_counts_no_further_than_anybody_pages(self, boss, monkeypatch):
        monkeypatch.setattr(big_tables, "MOST", 3)

        assert "3 or more" in words(boss, LIST)

    def test_shows_all_of_one_in_words(self, boss):
        row = AttemptRecord.objects.get(error_code="providers_unavailable")
        shown = words(boss, f"{LIST}{row.pk}/change/")

        assert "failed: no model could answer" in shown
        assert "$0.25, computed" in shown
        assert "call 1 of its turn" in shown
