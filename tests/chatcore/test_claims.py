"""A claim gives a row to one worker, for a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from chatcore.db.claims import Claim, Claims
from chatcore.models import OutgoingMail
from tests.chatcore.letters import queued

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LASTS = timedelta(minutes=5)
CLAIMS = Claims(OutgoingMail, lasts=LASTS, failures="failures")


@pytest.fixture
def row(acme) -> OutgoingMail:
    return queued(acme)


def take(row: OutgoingMail, *, now: datetime = NOW) -> Claim:
    """A claim that is surely had."""
    claim = CLAIMS.take(row, now=now)
    assert claim is not None
    return claim


class TestAClaim:
    def test_is_had_by_one(self, row):
        assert CLAIMS.take(row, now=NOW) is not None
        assert CLAIMS.take(row, now=NOW + LASTS - timedelta(seconds=1)) is None

    def test_is_taken_over_once_it_has_run_out(self, row):
        CLAIMS.take(row, now=NOW)

        assert CLAIMS.take(row, now=NOW + LASTS) is not None

    def test_comes_with_changes_where_the_row_is_as_it_must_be(self, row):
        assert CLAIMS.take(row, now=NOW, where=Q(trouble="old"), trouble="new") is None
        assert CLAIMS.take(row, now=NOW, where=Q(trouble=""), trouble="new") is not None

        row.refresh_from_db()
        assert row.trouble == "new"

    def test_holds_for_longer_where_its_worker_lives(self, row):
        claim = take(row)

        assert CLAIMS.extend(claim, now=NOW + LASTS / 2)
        assert CLAIMS.take(row, now=NOW + LASTS) is None

    def test_that_was_lost_writes_nothing(self, row):
        slow = take(row)
        take(row, now=NOW + LASTS)

        assert not CLAIMS.extend(slow, now=NOW + LASTS, trouble="late")
        assert not CLAIMS.release(slow, trouble="late")
        assert not CLAIMS.put_off(slow, pause=LASTS, now=NOW + LASTS, trouble="late")
        row.refresh_from_db()
        assert row.trouble == ""

    def test_leaves_the_row_free_when_it_is_released(self, row):
        CLAIMS.release(take(row))

        assert CLAIMS.take(row, now=NOW) is not None

    def test_counts_failures_in_a_row_and_lets_the_row_rest_after_each(self, row):
        for failures in (1, 2):
            row.refresh_from_db()
            claim = take(row, now=NOW + failures * LASTS)
            CLAIMS.put_off(claim, pause=LASTS, now=NOW + failures * LASTS)
            row.refresh_from_db()
            assert row.failures == failures
            assert CLAIMS.take(row, now=row.claimed_until - timedelta(seconds=1)) is None

        CLAIMS.release(take(row, now=NOW + 3 * LASTS))
        row.refresh_from_db()
        assert row.failures == 0


@pytest.mark.django_db(transaction=True)
class TestWorkersAtOnce:
    def test_get_a_row_once(self, row):
        barrier, now = Barrier(8), timezone.now()

        def try_it(place: int) -> bool:
            barrier.wait()
            try:
                return CLAIMS.take(row, now=now + timedelta(seconds=place)) is not None
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(try_it, range(8))) == 1
