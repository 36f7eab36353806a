"""The overview's numbers are those of the records, and every part adds up."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import msgspec
import pytest
import time_machine
from django.test import Client

from chatcore.models import Organisation
from observability.figures import Span, add_up, measure, percentile, percentiles_by, records
from tests.factories import browser
from tests.observability.overview_week import (
    EXACT,
    NOW,
    WEEK,
    account,
    form,
    make_week,
    question,
    seen,
)
from tests.observability.records import SUNDAY, moment, record

PAGE = "/admin/overview/"


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


@pytest.mark.django_db
class TestTheSpan:
    @pytest.mark.parametrize(
        ("chosen", "start", "end"),
        [
            ("", "2026-11-15", "2026-11-22"),
            ("today", "2026-11-21", "2026-11-22"),
            ("7days", "2026-11-15", "2026-11-22"),
            ("30days", "2026-10-23", "2026-11-22"),
            ("month", "2026-11-01", "2026-11-22"),
            ("week", "2026-11-08", "2026-11-15"),
        ],
    )
    def test_is_whole_days_in_utc(self, chosen: str, start: str, end: str):
        span = question(span=chosen).span

        assert (span.start.isoformat(), span.end.isoformat()) == (
            f"{start}T00:00:00+00:00",
            f"{end}T00:00:00+00:00",
        )

    def test_holds_the_last_of_two_days_too(self):
        span = question(**WEEK).span

        assert span == Span(SUNDAY, SUNDAY + timedelta(days=7))

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ({"span": "custom"}, "Give both days, the first and the last."),
            ({"start": "2026-11-02", "end": "2026-11-01"}, "The last day comes before the first."),
            (
                {"start": "2020-01-01", "end": "2026-11-01"},
                "At most 400 days can be shown at once.",
            ),
            ({"start": "soon", "end": "2026-11-01"}, "Enter a valid date."),
            ({"span": "ever"}, "Select a valid choice. ever is not one of the available choices."),
            ({"organisation": "0"}, "Select a valid choice."),
        ],
    )
    def test_that_is_none_is_answered_by_one_message(self, boss, typed, message):
        errors = [error for errors in form(**typed).errors.values() for error in errors]
        page = boss.get(PAGE, typed)

        assert len(errors) == 1
        assert errors[0].startswith(message)
        assert message in unescape(page.content.decode())
        assert boss.get(PAGE, {**typed, "format": "json"}).status_code == 400

    def test_is_shown_by_the_hour_up_to_two_days(self):
        assert seen(start="2026-11-20", end="2026-11-21").by_hour
        assert not seen(start="2026-11-19", end="2026-11-21").by_hour

    def test_shows_hours_and_days_that_have_begun(self):
        assert len(seen(span="today").moments) == 13
        assert len(seen(**WEEK).moments) == 7


@pytest.mark.usefixtures("week")
class TestTheNumbers:
    def test_are_those_of_the_records(self):
        total = seen(**WEEK).total

        assert total == measure(records(question(**WEEK).span))
        assert (total.turns, total.calls, total.failed_turns, total.cached_turns) == (7, 7, 1, 1)

    def test_cost_what_the_records_cost_to_the_last_digit(self):
        overview = seen(**WEEK)

        assert overview.total.cost_usd == sum(map(Decimal, EXACT)) + Decimal("1.25")

    @pytest.mark.parametrize("part", ["moments", "intents", "models", "organisations"])
    def test_of_the_parts_add_up_to_the_whole(self, part: str):
        overview = seen(**WEEK)
        parts = add_up(each.figures for each in getattr(overview, part))

        assert parts == msgspec.structs.replace(overview.total, people=0)

    def test_of_one_organisation_hold_nothing_of_another(self, acme):
        overview = seen(**WEEK, organisation=str(acme.pk))

        assert overview.total.cost_usd == Decimal(EXACT[1])
        assert overview.organisations == ()

    def test_keep_what_the_site_spends_apart(self):
        people, site = seen(**WEEK), seen(**WEEK, counted="smoke")

        assert [(line.key, line.figures.cost_usd) for line in people.own_spending] == [
            ("smoke", Decimal(9))
        ]
        assert (site.total.cost_usd, site.total.turns, site.own_spending) == (Decimal(9), 1, ())

    def test_of_speed_are_the_exact_percentiles(self):
        rows = records(question(**WEEK).span)
        overview = seen(**WEEK)

        field = "time_to_first_token_ms"
        assert overview.first_token_ms == tuple(
            percentile(rows, field, share) for share in (50, 95)
        )
        assert overview.first_token_ms == (101, 102)

    def test_say_why_things_went_wrong(self):
        overview = seen(**WEEK)

        assert [tally.key for tally in overview.failures] == ["providers_unavailable"]
        assert [(tally.key, tally.count) for tally in overview.fallbacks] == [("timeout", 1)]
        assert [tally.key for tally in overview.truncations] == ["token_limit"]


@pytest.mark.django_db
class TestPercentiles:
    def test_are_by_nearest_rank_in_each_group(self):
        for place in range(1, 21):
            intent = "coding_help" if place % 2 else "social_chat"
            record(1, intent=intent, time_to_first_token_ms=place * 10)
        rows = records(Span(SUNDAY, moment(7)))

        assert percentiles_by(rows, "time_to_first_token_ms", (50, 95, 100), "intent") == {
            ("coding_help",): (90, 190, 190),
            ("social_chat",): (100, 200, 200),
        }
        assert percentiles_by(rows, "latency_ms", (50,)) == {}
