"""The overview of a chosen span: its numbers are those of the records, and every part adds up."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import msgspec
import pytest
import time_machine
from django.test import Client

from chatcore.models import Organisation, User
from observability.admin import counting
from observability.figures import Span, add_up, measure, percentile, percentiles_by, records
from observability.models import AttemptRecord
from observability.overview.content import Overview, look
from observability.overview.question import Question, QuestionForm
from tests.factories import browser
from tests.observability.records import SUNDAY, cached, fallback, moment, record

PAGE = "/admin/overview/"
LIST = "/admin/observability/attemptrecord/"
NOW = moment(6.5)
WEEK = {"start": "2026-11-15", "end": "2026-11-21"}
EXACT = ("0.000000000001", "0.123456789012", "1.999999999999")


@pytest.fixture(autouse=True)
def clock():
    """Saturday noon."""
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
    """A bit of everything, on several days, in two organisations."""
    for day, cost in enumerate(EXACT):
        record(day, cost, user_id=day, time_to_first_token_ms=100 + day)
    fallback(3)
    record(3.2, "0.25", turn_status="failed", error_code="providers_unavailable", status="failed")
    record(4, "0.5", truncated=True, truncated_reason="token_limit", intent="social_chat")
    cached(5, "0.7")
    record(5.5, "9", source="smoke")
    record(-1, "7")
    record(7, "7")
    AttemptRecord.objects.update(organisation_id=globex.pk)
    AttemptRecord.objects.filter(time_to_first_token_ms=101).update(organisation_id=acme.pk)


@pytest.fixture
def boss(db) -> Client:
    return browser(account("boss", is_superuser=True))


def account(name: str, **fields: bool) -> User:
    """Somebody who comes in without a password: hashing one takes its time."""
    return User.objects.create(username=name, **fields)


def asked(**typed: str) -> QuestionForm:
    return QuestionForm(typed, now=NOW)


def question(**typed: str) -> Question:
    form = asked(**typed)
    assert form.is_valid(), form.errors
    return form.question()


def seen(**typed: str) -> Overview:
    return look(question(**typed), now=NOW)


def words(client: Client, address: str) -> str:
    """What a page says, without its tags."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    bare = re.sub(r"<(script|style).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


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
        errors = [error for errors in asked(**typed).errors.values() for error in errors]
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
        monkeypatch.setattr(counting, "MOST", 3)

        assert "3 or more" in words(boss, LIST)

    def test_shows_all_of_one_in_words(self, boss):
        row = AttemptRecord.objects.get(error_code="providers_unavailable")
        shown = words(boss, f"{LIST}{row.pk}/change/")

        assert "failed: no model could answer" in shown
        assert "$0.25, computed" in shown
        assert "call 1 of its turn" in shown
