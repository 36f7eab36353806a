"""The overview's page says what its numbers are, and leads to the attempts behind them."""

import re
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.test import Client

from chatcore.models import Organisation
from tests.factories import browser
from tests.observability.overview_week import (
    NOW,
    WEEK,
    account,
    make_week,
    seen,
    words,
)
from tests.observability.records import record

PAGE = "/admin/overview/"
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
class TestThePage:
    def test_shows_the_figures(self, boss):
        shown = words(boss, f"{PAGE}?start={WEEK['start']}&end={WEEK['end']}")
        total = seen(**WEEK).total

        assert f"Cost ${total.cost_usd:f}".rstrip("0") in shown
        assert "Turns 7 by" in shown
        assert "From cache 1 saved $0.7" in shown
        assert "Sun 2026-11-15 to Sat 2026-11-21, days in UTC; all organisations;" in shown
        assert "Smoke evaluation 1 1 9" in shown

    def test_gives_the_same_to_programs_to_the_last_digit(self, boss):
        answer = boss.get(PAGE, {**WEEK, "format": "json"}).json()
        total = seen(**WEEK).total

        assert Decimal(answer["overview"]["total"]["cost_usd"]) == total.cost_usd
        assert answer["overview"]["total"]["turns"] == total.turns
        assert answer["question"]["counted"] == "chat"

    def test_says_at_least_where_a_call_has_no_price(self, boss):
        record(2, None)
        shown = words(boss, f"{PAGE}?start={WEEK['start']}&end={WEEK['end']}")

        assert "Cost at least $" in shown
        assert "1 call without a price" in shown

    def test_leads_to_the_attempts_behind_each_number(self, boss):
        page = boss.get(PAGE, WEEK).content.decode()
        table = page[page.index('id="table-moments"') : page.index('id="title-models"')]
        found = [
            (unescape(address), cells)
            for address, cells in re.findall(r'<a href="([^"]+)">[^<]+</a></th>(.*?)</tr>', table)
        ]

        assert len(found) == 6  # on one day nothing was asked
        for address, cells in found:
            turns = int(re.findall(r"<td>([^<]*)</td>", cells)[0])
            listed = boss.get(address)
            assert listed.status_code == 200
            rows = listed.context["cl"].queryset
            assert rows.filter(concludes=True).count() == turns

    def test_every_link_of_it_leads_somewhere(self, boss):
        page = boss.get(PAGE, WEEK).content.decode()
        links = {unescape(link) for link in re.findall(rf'href="({LIST}\?[^"]+)"', page)}

        assert len(links) > 15
        for link in links:
            listed = boss.get(link)
            assert listed.status_code == 200, link
            assert listed.context["cl"].result_count > 0, link

    def test_reads_well_where_nothing_was_asked(self, boss):
        shown = words(boss, f"{PAGE}?start=2026-10-01&end=2026-10-02")

        assert "Nothing was asked in these days." in shown

    def test_is_not_for_people_from_outside(self):
        assert Client().get(PAGE).status_code == 302
        assert browser(account("demo")).get(PAGE).status_code == 302
