"""Records go by whole months, after as many as staff say."""

from datetime import UTC, datetime

import pytest

from chatcore.models import Retention
from observability import record_retention
from observability.log import log_turn
from observability.models import AttemptRecord
from tests.observability.test_log_turn import make_finished

NOW = datetime(2026, 11, 22, 3, 45, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def recorded(year: int, month: int, day: int) -> None:
    log_turn(make_finished(started_at=datetime(year, month, day, 12, tzinfo=UTC)))


class TestThePurge:
    def test_keeps_twenty_five_whole_months_and_this_one(self):
        recorded(2024, 9, 30)
        recorded(2024, 10, 1)

        assert record_retention.purge(now=NOW) == 2

        assert {row.started_at.month for row in AttemptRecord.objects.all()} == {10}

    def test_obeys_staff(self):
        Retention.objects.update_or_create(pk=1, defaults={"record_months": 2})
        recorded(2026, 8, 31)
        recorded(2026, 9, 1)

        record_retention.purge(now=NOW)

        assert AttemptRecord.objects.get(concludes=True).started_at.month == 9

    def test_goes_on_until_all_batches_are_done(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(record_retention, "BATCH", 3)
        for day in range(1, 6):
            recorded(2020, 1, day)

        assert record_retention.purge(now=NOW) == 10
