"""What is mailed is what is stored, also where a rollup is remade at the same moment."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chatcore.mail import outbox
from chatcore.models import OutgoingMail
from observability.models import WeeklyRollup
from observability.rollup import making
from observability.rollup.delivery import RollupLetter, queue_mails
from observability.rollup.storage import mail_of
from tests.observability.records import WEEK_ENDING, record
from tests.observability.sundays import DUE, add_recipient


@pytest.fixture
def rollup(clock) -> WeeklyRollup:
    """One of one turn, with two mails queued."""
    record(1)
    for address in ("a@example.com", "b@example.com"):
        add_recipient(address)
    made = making.make(WEEK_ENDING, None, now=timezone.now())
    queue_mails(made, listed_by=DUE, now=timezone.now())
    record(2)
    return made


def remake(rollup: WeeklyRollup) -> str:
    return making.remake(rollup, now=timezone.now())


@pytest.mark.django_db
class TestARollup:
    def test_that_is_remade_between_two_mails_is_mailed_as_it_is_stored(self, rollup, clock):
        first, second = OutgoingMail.objects.all()
        letter = RollupLetter()
        assert "1 turn" in letter.message(first).subject
        clock.shift(1)
        assert "brought up to date" in remake(rollup)

        subject = letter.message(second).subject

        assert subject == mail_of(WeeklyRollup.objects.get()).subject
        assert "2 turns" in subject

    def test_stays_as_it_is_once_a_mail_of_it_is_claimed(self, rollup):
        stored = WeeklyRollup.objects.get().content
        outbox.take(OutgoingMail.objects.all()[0], now=timezone.now())

        assert "stays as it was sent" in remake(rollup)
        assert WeeklyRollup.objects.get().content == stored


@pytest.mark.django_db(transaction=True)
class TestARollupThatIsBeingRemade:
    def test_is_mailed_as_it_is_stored_in_the_end(self, rollup):
        """The one holds its change open until the other is seen to wait for it, or is done."""

        def write() -> str:
            try:
                return str(RollupLetter().message(OutgoingMail.objects.all()[0]).subject)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert "brought up to date" in remake(rollup)
                subject = pool.submit(write)
                wait_until_it_waits_or_is(subject)
            assert "2 turns" in subject.result(30)


def wait_until_it_waits_or_is(done: "Future[str]") -> None:
    """PostgreSQL says who waits for a lock; on SQLite whoever writes later waits by itself."""
    if connection.vendor != "postgresql":
        return
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(3000):
        with connection.cursor() as cursor:
            # The view is the transaction's snapshot else.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0] or done.done():
                return
    raise AssertionError("it neither waited nor ended")
