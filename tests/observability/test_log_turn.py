"""Every provider call leaves one row, without text."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from chatcore.db.writer import writer
from chatcore.turns.signals import TurnFinished, turn_finished
from observability.log import log_turn, log_turns
from observability.models import AttemptRecord
from tests.factories import NOON, make_attempt, make_route


def make_finished(**fields) -> TurnFinished:
    values = {
        "turn_id": uuid4(),
        "thread_id": uuid4(),
        "organisation_id": 11,
        "user_id": 12,
        "source": "chat",
        "status": "complete",
        "route": make_route(),
        "started_at": NOON,
        "latency_ms": 960,
        "time_to_first_token_ms": 210,
    }
    return TurnFinished(**{**values, **fields})


@pytest.mark.django_db
class TestLogTurn:
    def test_writes_a_row_for_each_attempt(self):
        log_turn(make_finished())

        rows = AttemptRecord.objects.order_by("number")
        assert [(row.provider, row.status, row.error) for row in rows] == [
            ("gemini", "failed", "rate_limit"),
            ("openai", "ok", ""),
        ]

    def test_says_whose_request_it_was(self):
        finished = make_finished()
        log_turn(finished)

        row = AttemptRecord.objects.get(number=2)
        assert (row.turn_id, row.thread_id) == (finished.turn_id, finished.thread_id)
        assert (row.organisation_id, row.user_id, row.source) == (11, 12, "chat")
        assert (row.intent, row.policy_version, row.ladder) == ("coding_help", 3, "coding_help")

    def test_counts_times_from_the_beginning_of_the_call(self):
        log_turn(make_finished())

        row = AttemptRecord.objects.get(number=2)
        assert (row.queued_ms, row.opened_ms, row.first_token_ms, row.total_ms) == (
            50,
            70,
            160,
            900,
        )

    def test_keeps_tokens_and_cost_with_their_sources(self):
        log_turn(make_finished())

        row = AttemptRecord.objects.get(number=2)
        assert (row.input_tokens, row.output_tokens, row.cache_read_tokens) == (200, 40, 128)
        assert (row.usage_source, row.cost_source, row.price_id) == ("reported", "computed", 7)
        assert row.cost_usd == Decimal("0.000345678")

    def test_leaves_empty_what_nobody_reported(self):
        log_turn(make_finished())

        row = AttemptRecord.objects.get(number=1)
        assert (row.input_tokens, row.first_token_ms, row.reasoning_tokens) == (None, None, None)

    def test_tells_the_model_that_was_asked_from_the_one_that_answered(self):
        log_turn(make_finished())

        row = AttemptRecord.objects.get(number=2)
        assert (row.model_asked, row.model_answered) == ("luna", "luna-2026-10")

    def test_marks_a_fallback(self):
        log_turn(make_finished())
        log_turn(make_finished(route=make_route(attempts=[make_attempt(1)])))

        marks = AttemptRecord.objects.filter(status="ok").values_list("fallback_used", flat=True)
        assert sorted(marks) == [False, True]

    def test_writes_nothing_twice(self):
        finished = make_finished()
        log_turn(finished)
        log_turn(finished)

        assert AttemptRecord.objects.count() == 2

    def test_leaves_a_turn_as_it_was_recorded_first(self):
        reaped = make_finished(route=make_route(attempts=[make_attempt(1)]), status="interrupted")
        woken = make_finished(turn_id=reaped.turn_id, route=make_route())
        log_turn(reaped)
        log_turn(woken)
        log_turns([woken, make_finished()])

        rows = AttemptRecord.objects.filter(turn_id=reaped.turn_id)
        assert [(row.number, row.concludes) for row in rows] == [(1, True)]
        assert AttemptRecord.objects.filter(concludes=True).count() == 2

    def test_takes_a_turn_that_is_told_twice_at_once_as_one(self):
        finished = make_finished()
        log_turns([finished, finished])

        assert AttemptRecord.objects.count() == 2

    def test_cannot_conclude_a_turn_twice(self):
        log_turn(make_finished())
        row = AttemptRecord.objects.get(concludes=True)
        row.pk, row.number = None, 9

        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()

    def test_writes_one_free_row_for_a_reply_from_the_cache(self):
        log_turn(make_finished(route=make_route(attempts=[], cache_hit=True)))

        row = AttemptRecord.objects.get()
        assert (row.cache_hit, row.cost_usd, row.number, row.total_ms) == (
            True,
            Decimal(0),
            0,
            960,
        )

    def test_writes_one_row_for_a_turn_that_nobody_could_be_asked_for(self):
        log_turn(make_finished(status="failed", route=make_route(attempts=[])))

        row = AttemptRecord.objects.get()
        assert (row.number, row.status, row.turn_status) == (0, "failed", "failed")
        assert row.cost_usd == 0

    def test_has_one_row_that_stands_for_the_turn(self):
        log_turn(make_finished())

        assert AttemptRecord.objects.get(concludes=True).number == 2

    def test_takes_names_that_are_too_long_for_their_column(self):
        attempt = make_attempt(1)
        attempt.model_answered = "m" * 500
        attempt.raw_finish_reason = "r" * 500

        log_turn(make_finished(route=make_route(attempts=[attempt])))

        assert len(AttemptRecord.objects.get().model_answered) == 120

    def test_records_requests_without_a_turn(self):
        summary = make_finished(thread_id=None, source="summary")
        log_turn(summary)
        log_turn(summary)

        assert AttemptRecord.objects.filter(source="summary").count() == 2


@pytest.mark.anyio
@pytest.mark.django_db(transaction=True)
class TestTheReceiver:
    @pytest.fixture(autouse=True)
    def _close_the_writer(self):
        yield
        writer.close()

    async def test_records_what_the_chat_tells(self):
        await turn_finished.asend_robust(sender="chatcore", finished=make_finished())

        assert await writer.run(AttemptRecord.objects.count) == 2

    async def test_lets_nothing_rise_into_the_chat(self, caplog):
        finished = make_finished()
        finished.route.attempts[0].http_status = 10**30  # a value that no column takes

        results = await turn_finished.asend_robust(sender="chatcore", finished=finished)

        assert [error for _, error in results if error] == []
        assert str(finished.turn_id) in caplog.text
