"""What a killed process did not record is rebuilt from its turns, and all of them are proved."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chatcore.models import Organisation, Retention, Turn
from chatcore.replies.frames import LEG
from chatcore.turns.orphans import end_orphans
from observability import reconcile
from observability.figures import Span, measure, records
from observability.log import log_turn, log_turns
from observability.models import AttemptRecord
from routing.models import Price, Provider
from routing.route import Attempt
from routing.services import snapshot
from tests.factories import (
    make_attempt,
    make_member,
    make_route,
    make_thread,
    make_turn,
    route_text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return make_thread(make_member("alice", Organisation.objects.create(name="Acme")))


def ended(thread, *, ago: timedelta = timedelta(minutes=5), **fields) -> Turn:
    fields.setdefault("route", route_text())
    now = timezone.now()
    return make_turn(thread, created_at=now - ago, finished_at=now - ago, **fields)


class TestMending:
    def test_makes_the_rows_that_would_have_been_written(self, thread):
        turn = ended(thread, latency_ms=960, time_to_first_token_ms=210)

        assert reconcile.mend_recent() == 1

        first, second = AttemptRecord.objects.order_by("number")
        assert (first.provider, first.status, first.concludes) == ("gemini", "failed", False)
        assert (second.turn_id, second.thread_id) == (turn.pk, thread.pk)
        assert (second.latency_ms, second.time_to_first_token_ms) == (960, 210)
        assert (second.cost_usd, second.started_at) == (Decimal("0.000345678"), turn.started_at)
        assert (second.organisation_id, second.user_id) == (thread.organisation_id, thread.owner_id)

    def test_leaves_recorded_turns_alone(self, thread):
        ended(thread)
        reconcile.mend_recent()

        assert reconcile.mend_recent() == 0
        assert AttemptRecord.objects.count() == 2

    def test_leaves_turns_whose_records_are_on_their_way(self, thread):
        ended(thread, ago=timedelta(seconds=1))

        assert reconcile.mend_recent() == 0

    def test_leaves_running_turns(self, thread):
        make_turn(thread, status="running", route=route_text())

        assert reconcile.mend_recent() == 0

    def test_records_a_turn_that_ended_before_anything_was_decided(self, thread):
        ended(thread, route="", status="stopped")

        reconcile.mend_recent()

        row = AttemptRecord.objects.get()
        assert (row.number, row.concludes, row.turn_status) == (0, True, "stopped")
        assert row.cost_usd == 0

    @pytest.mark.parametrize("word", ["model_answered", "raw_finish_reason"])
    def test_takes_words_that_no_column_takes(self, thread, word: str):
        odd = make_route()
        setattr(odd.attempts[1], word, "x\x00")
        for route in (route_text(), route_text(odd), route_text()):
            ended(thread, route=route)

        assert reconcile.mend_recent() == 3
        assert reconcile.prove().differing == []

    def test_goes_on_after_a_turn_that_cannot_be_recorded(self, thread, caplog):
        odd = make_route()
        odd.attempts[1].number = -1
        bad = ended(thread, route=route_text(odd))
        ended(thread)

        assert reconcile.mend_recent() == 1
        assert str(bad.pk) in caplog.text

    def test_goes_on_until_all_batches_are_done(self, thread, monkeypatch):
        monkeypatch.setattr(reconcile, "BATCH", 2)
        for _ in range(5):
            ended(thread)

        assert reconcile.mend_recent() == 5


class TestTheProof:
    def test_covers_turns_of_any_age(self, thread):
        ended(thread, ago=timedelta(days=300))

        proof = reconcile.prove()

        assert (proof.turns, proof.mended, proof.differing) == (1, 1, [])
        assert reconcile.prove().mended == 0

    def test_makes_no_record_anew_that_was_removed_for_its_age(self, thread):
        kept = ended(thread, ago=timedelta(days=60))
        old = ended(thread, ago=timedelta(days=90))
        Retention.objects.update_or_create(pk=1, defaults={"record_months": 2})

        assert reconcile.prove().turns == 1
        assert reconcile.record_missing([old]) == set()
        assert {row.turn_id for row in AttemptRecord.objects.all()} == {kept.pk}

    @pytest.mark.parametrize(
        "change",
        [{"cost_usd": Decimal("0.000345679")}, {"output_tokens": 41}, {"concludes": False}],
    )
    def test_names_a_turn_whose_records_say_something_else(self, thread, change: dict):
        turn = ended(thread)
        reconcile.prove()
        AttemptRecord.objects.filter(number=2).update(**change)

        assert reconcile.prove().differing == [turn.pk]

    def test_names_a_turn_that_lacks_one_of_its_rows(self, thread):
        turn = ended(thread)
        reconcile.prove()
        AttemptRecord.objects.filter(number=1).delete()

        assert reconcile.prove().differing == [turn.pk]

    def test_names_a_turn_whose_route_cannot_be_read(self, thread):
        odd, good = ended(thread, route="not a route"), ended(thread)

        proof = reconcile.prove()

        assert (proof.mended, proof.differing) == (1, [odd.pk])
        unknown = AttemptRecord.objects.get(turn_id=odd.pk)
        assert (unknown.number, unknown.status, unknown.concludes) == (0, "unknown", True)
        assert (unknown.cost_usd, unknown.cost_source) == (None, "unknown")
        assert AttemptRecord.objects.filter(turn_id=good.pk).count() == 2

    def test_is_a_command_that_fails_when_something_differs(self, thread):
        ended(thread)
        said = StringIO()
        call_command("reconcile", stdout=said)
        AttemptRecord.objects.update(output_tokens=1)

        assert "1 turns proved, 1 of them recorded anew." in said.getvalue()
        with pytest.raises(CommandError, match="1 differ"):
            call_command("reconcile")


class TestTheNightlyProof:
    def prove(self, *, days: float = 0) -> int:
        """How many turns are proved so many days from now."""
        return reconcile.prove_new(now=timezone.now() + timedelta(days=days)).turns

    def test_is_of_all_turns_at_first_and_then_of_those_since(self, thread):
        ended(thread, ago=timedelta(days=40))
        ended(thread, ago=timedelta(hours=2))

        assert [self.prove(), self.prove()] == [2, 1]

    def test_covers_a_turn_that_was_running_when_the_last_one_was_made(self, thread):
        late = make_turn(thread, status="running", route=route_text())
        self.prove()
        ended_at = timezone.now() - timedelta(minutes=1)
        Turn.objects.filter(pk=late.pk).update(
            status="complete", created_at=ended_at - timedelta(hours=3), finished_at=ended_at
        )

        assert self.prove() == 1
        assert AttemptRecord.objects.filter(turn_id=late.pk).exists()

    def test_is_of_all_turns_again_after_a_month(self, thread):
        ended(thread, ago=timedelta(days=40))

        assert [self.prove(), self.prove(days=29), self.prove(days=31)] == [1, 0, 1]


class TestATurnWhoseProcessDied:
    @pytest.fixture
    def priced(self, settings, shipped) -> Provider:
        settings.ENV_KEYS = settings.ENV_BASE_URLS = {}
        shipped()
        provider = Provider.objects.get(slug="openai")
        Price.objects.create(
            provider=provider,
            model="luna",
            effective_from="2026-01-01T00:00:00Z",
            input_usd="1",
            output_usd="10",
        )
        snapshot.refresh(force=True)  # an earlier test's may be held, under the same number
        return provider

    def orphan(self, thread, *attempts: Attempt, leg: int = 0, reply: str = "") -> Turn:
        route = make_route(attempts=list(attempts))
        return make_turn(
            thread,
            status="running",
            reply=reply,
            seq=leg * LEG + len(reply),
            route=route_text(route),
        )

    def open_attempt(self, number: int = 1, leg: int = 0, model: str = "luna") -> Attempt:
        return Attempt(
            number=number, deployment=f"openai/{model}", provider="openai", rung=0, leg=leg
        )

    def end(self) -> list[AttemptRecord]:
        log_turns(end_orphans())
        return list(AttemptRecord.objects.order_by("number"))

    def test_is_estimated_from_what_was_sent_and_what_was_kept(self, thread, priced):
        turn = self.orphan(thread, self.open_attempt(), reply="four" * 10)

        (row,) = self.end()

        assert (row.status, row.usage_source, row.cost_source) == (
            "unknown",
            "estimated",
            "estimated",
        )
        assert (row.input_tokens, row.output_tokens) == (321, 10)
        assert row.cost_usd == Decimal("0.000421")
        assert (row.latency_ms, row.concludes, row.turn_status) == (None, True, "interrupted")
        turn.refresh_from_db()
        assert (turn.cost_usd, turn.cost_source) == (row.cost_usd, "estimated")

    def test_does_not_count_an_earlier_leg_s_words_for_the_open_call(self, thread, priced):
        cut = make_attempt(1)
        cut.status = "cut"
        self.orphan(thread, cut, self.open_attempt(2, leg=1), leg=0, reply="of the first leg")

        first, second = self.end()

        assert (first.concludes, second.concludes) == (True, False)
        assert (second.input_tokens, second.output_tokens) == (321, 0)

    def test_costs_an_unknown_amount_where_no_price_is_known(self, thread, priced):
        self.orphan(thread, self.open_attempt(model="unheard-of"), reply="words")

        (row,) = self.end()

        assert (row.cost_usd, row.cost_source, row.usage_source) == (None, "unknown", "estimated")

    def test_makes_a_total_a_lower_bound(self, thread, priced):
        self.orphan(thread, self.open_attempt(), reply="words")
        self.end()

        now = timezone.now()
        figures = measure(records(Span(now - timedelta(days=1), now + timedelta(days=1))))
        assert (figures.estimated_calls, figures.unpriced_calls, figures.at_least) == (1, 0, True)

    def test_is_rebuilt_as_it_was_told(self, thread, priced):
        self.orphan(thread, self.open_attempt(), reply="words")
        (told,) = end_orphans()
        before = timezone.now() - timedelta(minutes=1)
        Turn.objects.update(created_at=before, finished_at=before)

        reconcile.mend_recent()
        rebuilt = AttemptRecord.objects.values().get()
        AttemptRecord.objects.all().delete()
        log_turn(told)

        again = AttemptRecord.objects.values().get()
        assert {**rebuilt, "id": 0} == {**again, "id": 0}
