"""Deleting a thread while a message comes: the turn is stopped, or it is not accepted."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.turns import accept
from chatcore.turns.stop import delete_thread
from routing.services import snapshot
from tests.chatcore.life.world import asked
from tests.factories import make_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thread(alice, settings, shipped) -> Thread:
    settings.ENV_KEYS = {"openai": "test-key"}
    settings.ENV_BASE_URLS = {}
    shipped()
    snapshot.refresh(force=True)
    return make_thread(alice)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def in_transaction(job: Callable[[], object]) -> None:
    """As a thread of the site runs it."""
    try:
        with transaction.atomic():
            job()
    finally:
        connection.close()


def accept_into(thread: Thread) -> Callable[[], object]:
    member = Member(thread.owner_id, thread.organisation_id, "alice")
    new = asked(thread)
    return lambda: accept.accept(member=member, new=new, started_at=timezone.now())


def until_waiting(number: int, jobs: list[Future]) -> None:
    """PostgreSQL says how many wait for a lock; on SQLite whoever writes later waits by itself."""
    if connection.vendor != "postgresql":
        return
    for _ in range(3000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0] + sum(job.done() for job in jobs) >= number:
                return
    raise AssertionError("they neither waited nor ended")


class TestADeletedThread:
    def test_stops_the_turn_that_was_accepted_just_before(
        self, thread: Thread, pool: ThreadPoolExecutor
    ):
        with transaction.atomic():
            Thread.objects.select_for_update().get(pk=thread.pk)
            accepting = pool.submit(in_transaction, accept_into(thread))
            until_waiting(1, [accepting])
            deleting = pool.submit(in_transaction, lambda: delete_thread(thread.pk))
            until_waiting(2, [accepting, deleting])
        accepting.result(20)
        deleting.result(20)

        assert Turn.objects.get().stop_asked
        assert Thread.objects.get().deleted_at is not None

    def test_accepts_no_turn_afterwards(self, thread: Thread, pool: ThreadPoolExecutor):
        with transaction.atomic():
            delete_thread(thread.pk)
            accepting = pool.submit(in_transaction, accept_into(thread))
            until_waiting(1, [accepting])

        with pytest.raises(Refused, match="no such conversation"):
            accepting.result(20)
        assert not Turn.objects.exists()
