"""What a week's report says, worked out on paper from records made by hand."""

from decimal import Decimal

import pytest

from chatcore.models import Organisation
from observability.figures import Figures
from observability.rollup import report
from observability.rollup.gather import gather
from tests.factories import make_member, make_thread, make_turn
from tests.observability.records import WEEK_ENDING, cached, fallback, record

pytestmark = pytest.mark.django_db


def of_all() -> report.Report:
    return gather(WEEK_ENDING, None)


class TestTheWeeksFigures:
    def test_count_from_the_first_moment_to_just_before_the_last(self):
        record(-0.001)
        record(0)
        record(6.9999)
        record(7)

        assert of_all().week.turns == 2

    def test_leave_out_what_the_site_spent_itself(self):
        record(1, "0.1")
        record(1, "0.02", source="smoke")
        record(1, "0.003", source="summary")

        made = of_all()
        assert made.week.cost_usd == Decimal("0.1")
        assert [(line.key, line.figures.cost_usd) for line in made.own_spending] == [
            ("smoke", Decimal("0.02")),
            ("summary", Decimal("0.003")),
        ]

    def test_stand_beside_those_of_the_week_before(self):
        record(-7)
        record(-1)
        record(3)

        made = of_all()
        assert (made.before.turns, made.week.turns) == (2, 1)

    def test_of_an_amount_with_twelve_digits_are_exact(self):
        for _ in range(3):
            record(1, "0.000000000001")
        record(2, "1000.1")

        assert of_all().week.cost_usd == Decimal("1000.100000000003")


class TestEveryPartition:
    @pytest.fixture
    def made(self) -> report.Report:
        record(0, "0.123456789012")
        record(1, "0.2", intent="social_chat", user_id=2, cache_read_tokens=50)
        record(2, "0.3", organisation_id=2, user_id=3, deployment="kimi/k3", reasoning_tokens=7)
        record(2, None, deployment="kimi/new")
        record(5, "0.4", usage_source="estimated", cost_source="estimated", search_queries=2)
        fallback(6, cost="0.5")
        cached(6)
        return of_all()

    def test_adds_up_to_the_headline(self, made):
        partitions = {
            "days": [day.figures for day in made.days],
            "intents": [line.figures for line in made.intents],
            "models": [line.figures for line in made.models],
            "organisations": [line.figures for line in made.organisations],
            "members": [line.figures for line in made.members],
            "cells": made.cells,
        }
        fields = [name for name in report.Cell.__struct_fields__ if hasattr(made.week, name)]
        assert len(fields) == 11
        for name, parts in partitions.items():
            for field in fields:
                whole = getattr(made.week, field)
                assert sum(getattr(part, field) for part in parts) == whole, (name, field)

    def test_has_seven_days(self, made):
        assert [day.figures.turns for day in made.days] == [1, 1, 2, 0, 0, 1, 2]

    def test_says_which_words_came_from_the_reply_cache(self, made):
        labels = {line.label: line.figures.turns for line in made.models}
        assert labels["reply cache"] == 1

    def test_is_the_same_when_it_is_kept_as_json(self, made):
        assert report.load(report.dump(made)) == made

    def test_is_the_same_when_it_is_made_again(self, made):
        assert report.dump(of_all()) == report.dump(made)


class TestWhatStandsOut:
    def test_failures_say_what_people_were_told(self):
        record(1, turn_status="failed", error_code="context_length")
        record(1, turn_status="interrupted", error_code="interrupted")
        record(1, turn_status="interrupted", error_code="interrupted")

        assert [(each.key, each.count) for each in of_all().failures] == [
            ("interrupted", 2),
            ("context_length", 1),
        ]

    def test_fallbacks_say_what_the_first_rungs_died_of(self):
        fallback(1, error="timeout")
        fallback(1, error="timeout")
        fallback(1, error="rate_limit")

        assert [(each.key, each.count) for each in of_all().fallbacks] == [
            ("timeout", 2),
            ("rate_limit", 1),
        ]

    def test_truncations_say_why(self):
        record(1, truncated=True, truncated_reason="token_limit")

        (only,) = of_all().truncations
        assert (only.label, only.count) == ("reached the token limit", 1)

    def test_the_most_expensive_turn_is_that_of_all_its_calls_together(self, django_user_model):
        acme = Organisation.objects.create(name="Acme")
        alice = make_member("alice", acme)
        turn = make_turn(make_thread(alice))
        where = {"organisation_id": acme.pk, "user_id": alice.pk}
        record(1, "0.7", **where)
        record(1, "0.4", turn_id=turn.pk, concludes=False, status="cut", **where)
        record(1, "0.5", turn_id=turn.pk, number=2, **where)
        for _ in range(9):
            record(1, "0.01", **where)

        expensive = of_all().most_expensive
        assert [each.cost_usd for each in expensive[:2]] == [Decimal("0.9"), Decimal("0.7")]
        assert len(expensive) == 5
        assert expensive[0].reference == turn.pk.hex[:12]
        assert (expensive[0].member, expensive[0].organisation) == ("alice (Acme)", "Acme")
        assert expensive[0].path == f"/admin/chatcore/turn/{turn.pk}/change/"
        assert (expensive[0].input_tokens, expensive[0].output_tokens) == (200, 40)
        assert expensive[1].path == ""  # it has been purged

    def test_speed_is_told_with_that_of_the_week_before(self):
        for n in range(1, 21):
            record(1, time_to_first_token_ms=n * 100)
        record(-1, time_to_first_token_ms=50)

        speed = of_all().speed
        assert (speed.p50_ms, speed.p95_ms) == (1000, 1900)
        assert (speed.p50_before_ms, speed.p95_before_ms) == (50, 50)

    def test_cached_replies_say_what_they_saved(self):
        record(1, input_tokens=300, cache_read_tokens=60)
        cached(1, saved="0.25")

        caching = of_all().caching
        assert (caching.replies_share, caching.saved_usd) == (0.5, Decimal("0.25"))
        assert caching.prompt_share == 0.2


class TestOneOrganisationsReport:
    def test_holds_nothing_of_another(self):
        acme = Organisation.objects.create(name="Acme")
        globex = Organisation.objects.create(name="Globex Secret")
        carol = make_member("carol-secret", globex)
        record(1, "0.25", organisation_id=acme.pk, user_id=carol.pk + 1)
        for day in (-20, -3, 1, 2):
            record(
                day,
                None if day == 2 else "77",
                organisation_id=globex.pk,
                user_id=carol.pk,
                intent="secret_intent",
                deployment="secret/model",
                turn_status="failed" if day == 1 else "complete",
                error_code="internal" if day == 1 else "",
                time_to_first_token_ms=9,
            )
        for source in ("smoke", "summary"):
            record(3, "55", organisation_id=globex.pk, source=source)

        made = gather(WEEK_ENDING, acme.pk)
        assert "ecret" not in report.dump(made)
        assert made.week == Figures(
            turns=1, people=1, calls=1, input_tokens=100, output_tokens=20, cost_usd=Decimal("0.25")
        )
        assert (made.before, made.month.figures.cost_usd) == (None, Decimal("0.25"))
        assert (made.failures, made.unpriced, made.own_spending, made.speed.p50_ms) == (
            (),
            (),
            (),
            None,
        )
        assert [line.label for line in made.organisations] == ["Acme"]

    def test_names_members_without_their_organisation(self):
        acme = Organisation.objects.create(name="Acme")
        alice = make_member("alice", acme)
        record(1, organisation_id=acme.pk, user_id=alice.pk)

        assert [line.label for line in gather(WEEK_ENDING, acme.pk).members] == ["alice"]
        assert [line.label for line in of_all().members] == ["alice (Acme)"]


class TestAWeekWithoutTraffic:
    def test_is_all_zeros_and_divides_by_none(self):
        record(-2)

        made = of_all()
        assert made.week == Figures()
        assert made.before.turns == 1
        assert (made.caching.replies_share, made.caching.prompt_share) == (None, None)
        assert (made.speed.p50_ms, made.speed.p50_before_ms) == (None, None)
        assert made.month.forecast_usd is None
        assert "nobody asked anything" in made.month.explanation
        assert (made.most_expensive, made.cells) == ((), ())
        assert len(made.days) == 7


class TestTheFirstWeek:
    def test_has_nothing_to_be_compared_with(self):
        record(1)

        assert of_all().before is None

    def test_is_not_the_one_after_a_silent_week(self):
        record(-10)
        record(1)

        assert of_all().before == Figures()


class TestAWeekAcrossAPriceChange:
    def test_costs_what_each_call_was_recorded_with(self):
        record(1, "0.10", price_id=1)
        record(5, "0.35", price_id=2)

        assert of_all().week.cost_usd == Decimal("0.45")


class TestAWeekWithAnUnpricedModel:
    def test_is_a_lower_bound_and_names_the_model(self):
        record(1, "0.5")
        record(1, None, deployment="kimi/new")
        record(2, None, deployment="kimi/new")
        record(2, "0.25", cost_source="estimated")

        made = of_all()
        assert made.week.at_least
        assert made.week.cost_usd == Decimal("0.75")
        assert [(each.label, each.count) for each in made.unpriced] == [("kimi/new", 2)]
        assert [(each.label, each.count) for each in made.estimated] == [("openai/luna", 1)]
