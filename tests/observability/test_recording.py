"""A web process writes records many at a time, and loses none that it can still write."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from django.db import connection

from chatcore.db.reader import read
from chatcore.db.writer import writer
from observability import recording
from observability.models import AttemptRecord
from observability.recording import Recorder
from tests.observability.test_log_turn import make_finished

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]
TABLE = AttemptRecord._meta.db_table


@pytest.fixture
async def recorder():
    made = Recorder()
    made.begin()
    yield made
    await made.end()
    writer.close()


async def written() -> int:
    """How many turns have records."""
    return await read(lambda: AttemptRecord.objects.filter(concludes=True).count())


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """For what a process does by itself."""
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def rename(old: str, new: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{old}" RENAME TO "{new}"')
    connection.close()


class TestARecorder:
    async def test_writes_by_the_clock(self, recorder: Recorder):
        await recorder.record(make_finished())

        assert await written() == 0
        await until(lambda: _equal(written(), 1))

    async def test_does_not_wait_for_the_clock_when_many_wait(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(recording, "EVERY_S", 3600)
        for _ in range(recording.TOGETHER):
            await recorder.record(make_finished())

        await until(lambda: _true(recorder.waiting == 0))
        assert await written() == recording.TOGETHER

    async def test_writes_what_waits_when_its_process_ends(self, recorder: Recorder):
        for _ in range(recording.TOGETHER + 1):
            await recorder.record(make_finished())

        await recorder.end()

        assert await written() == recording.TOGETHER + 1

    async def test_writes_at_once_in_a_process_that_serves_nobody(self, recorder: Recorder):
        await recorder.end()

        await recorder.record(make_finished())

        assert await written() == 1

    async def test_keeps_what_the_database_would_not_take(self, recorder: Recorder, caplog):
        await asyncio.to_thread(rename, TABLE, "away")
        try:
            await recorder.record(make_finished())
            await until(lambda: _true("not recorded yet" in caplog.text))
        finally:
            await asyncio.to_thread(rename, "away", TABLE)

        await until(lambda: _equal(written(), 1))

    async def test_says_what_it_has_to_drop(
        self, recorder: Recorder, caplog, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(recording, "MOST_WAITING", 3)
        await asyncio.to_thread(rename, TABLE, "away")
        try:
            for _ in range(5):
                await recorder.record(make_finished())
            await until(lambda: _true("2 requests are rebuilt" in caplog.text))
        finally:
            await asyncio.to_thread(rename, "away", TABLE)

        await until(lambda: _equal(written(), 3))


class TestABatch:
    async def test_with_a_number_that_no_column_takes_loses_nothing_but_that_call_s_numbers(
        self, recorder: Recorder, caplog
    ):
        bad = make_finished()
        bad.route.attempts[1].http_status = 10**30
        for finished in (make_finished(), bad, make_finished()):
            await recorder.record(finished)
        await recorder.end()

        assert await written() == 3
        row = await read(lambda: AttemptRecord.objects.get(turn_id=bad.turn_id, number=2))
        assert (row.http_status, row.input_tokens, row.cost_usd) == (None, None, None)
        assert row.cost_source == "unknown"
        assert str(bad.turn_id) in caplog.text

    @pytest.mark.parametrize("word", ["lu\x00na", "lu\ud800na"])
    async def test_with_a_word_that_no_column_takes_records_it_without_what_is_odd(
        self, recorder: Recorder, word: str
    ):
        bad = make_finished()
        bad.route.attempts[1].model_answered = bad.route.attempts[1].raw_finish_reason = word
        for finished in (make_finished(), bad, make_finished()):
            await recorder.record(finished)
        await recorder.end()

        assert await written() == 3
        row = await read(lambda: AttemptRecord.objects.get(turn_id=bad.turn_id, number=2))
        assert (row.model_answered, row.raw_finish_reason) == ("luna", "luna")
        assert row.input_tokens == 200

    async def test_with_a_number_that_a_check_refuses_loses_no_turn(self, recorder: Recorder):
        bad = make_finished()
        bad.route.attempts[1].started_ms = -1
        for finished in (make_finished(), bad, make_finished()):
            await recorder.record(finished)
        await recorder.end()

        assert await written() == 3

    async def test_with_a_turn_that_cannot_be_recorded_names_it_and_goes_on(
        self, recorder: Recorder, caplog
    ):
        bad = make_finished()
        bad.route.attempts[1].number = -1
        for finished in (make_finished(), bad, make_finished()):
            await recorder.record(finished)
        await recorder.end()

        assert (await written(), recorder.waiting) == (2, 0)
        assert f"Turn {bad.turn_id} could not be recorded" in caplog.text


async def _equal(found: Awaitable[int], wanted: int) -> bool:
    return await found == wanted


async def _true(said: bool) -> bool:
    return said
