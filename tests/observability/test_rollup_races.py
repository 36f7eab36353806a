"""What is stored is what was mailed, also where two look at a rollup in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from observability.models import Delivery, WeeklyRollup
from observability.rollup import claims, job, making
from observability.rollup.kept import mail_of
from observability.rollup.sending import send_waiting
from tests.observability.records import WEEK_ENDING, record
from tests.observability.sundays import DUE, tell

State = Delivery.State


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
class TestARollupThatIsRemadeWhileOthersAreMailed:
    def test_is_mailed_as_it_is_stored(self, mailbox):
        record(1)
        tell("ops@example.com")
        rollup = making.make(WEEK_ENDING, None, now=timezone.now())
        job.plan(rollup, told_by=DUE, now=timezone.now())
        looked = list(claims.waiting(now=timezone.now()))
        record(2)
        assert "brought up to date" in making.remake(rollup, now=timezone.now())

        send_waiting(looked)

        (mail,) = mailbox.messages
        assert mail["Subject"] == mail_of(WeeklyRollup.objects.get()).subject
        assert "2 turns" in mail["Subject"]

    def test_is_mailed_as_it_is_stored_on_a_second_try_too(self, clock, mailbox):
        record(1)
        for address in ("a@example.com", "b@example.com"):
            tell(address)
        mailbox.trouble = "refuse mail for now"
        job.do_what_is_due()
        looked = list(claims.waiting(now=timezone.now() + timedelta(hours=1)))
        assert len(looked) == 2
        mailbox.trouble = ""
        clock.shift(timedelta(hours=1))
        record(2)
        making.remake(WeeklyRollup.objects.get(), now=timezone.now())

        send_waiting(looked)

        assert ["2 turns" in mail["Subject"] for mail in mailbox.messages] == [True, True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("clock")
class TestADeliveryThatIsTakenInTheSameMoment:
    """The one holds its change open until the other is seen to wait for it, or is done."""

    @pytest.fixture
    def delivery(self) -> Delivery:
        record(1)
        rollup = making.make(WEEK_ENDING, None, now=timezone.now())
        old = timezone.now() - timedelta(days=1)
        return Delivery.objects.create(rollup=rollup, email="a@example.org", changed_at=old)

    def test_is_not_given_up_as_old(self, delivery):
        self._while_it_is_handed_over(
            delivery,
            lambda: claims.give_up_old(
                since=WEEK_ENDING + timedelta(days=7), due_at=DUE, now=timezone.now()
            ),
        )

        assert Delivery.objects.get().state == State.SENT

    def test_has_its_rollup_stay_as_it_was_sent(self, delivery):
        stored = WeeklyRollup.objects.get().content
        record(2)

        self._while_it_is_handed_over(
            delivery,
            lambda: making.remake(WeeklyRollup.objects.get(), now=timezone.now()),
        )

        assert WeeklyRollup.objects.get().content == stored

    def _while_it_is_handed_over(self, delivery, other) -> None:
        begun = Event()

        def meanwhile() -> None:
            begun.set()
            try:
                other()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                claim = claims.take(delivery, now=timezone.now())
                assert claim is not None
                assert claims.hand_over(claim, now=timezone.now())
                done = pool.submit(meanwhile)
                assert begun.wait(10)
                wait_until_it_waits_or_is(done)
            done.result(30)
        claims.note_sent(claim, now=timezone.now())


def wait_until_it_waits_or_is(done) -> None:
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
