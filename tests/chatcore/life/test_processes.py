"""Processes show that they live; those that do not are found dead, whatever the clocks say."""

import fcntl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from chatcore.conf import listening
from chatcore.models import ServerProcess
from chatcore.turns import processes
from chatcore.turns.processes import here
from chatcore.turns.watch import Watch

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def another(*, seen: timedelta = timedelta(), **fields) -> ServerProcess:
    """The row of another process, last seen so long from now."""
    fields.setdefault("kind", "web")
    row = ServerProcess.objects.create(started_at=timezone.now(), seen_at=timezone.now(), **fields)
    ServerProcess.objects.filter(pk=row.pk).update(seen_at=Now() + seen)
    return row


def beat(row: ServerProcess) -> None:
    """The other process shows that it lives, by the clock it had before."""
    ServerProcess.objects.filter(pk=row.pk).update(beats=row.beats + 1)
    row.refresh_from_db()


def watched_for(seconds: int, watch: Watch, start: int = 0) -> list[ServerProcess]:
    """Who is dead after so long, with a look every two seconds."""
    dead: list[ServerProcess] = []
    for now in range(start, start + seconds + 1, 2):
        dead = watch.dead(processes.others(), now=now)
    return dead


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    yield
    here.start_anew()
    here.kind = "web"


class TestAProcess:
    def test_has_one_row_that_it_renews(self):
        here.beat()
        first = ServerProcess.objects.get()
        here.beat()

        row = ServerProcess.objects.get()
        assert (row.pk, row.kind) == (here.id, "web")
        assert (first.beats, row.beats) == (0, 1)
        assert row.seen_at >= first.seen_at
        assert row.started_at == first.started_at

    def test_has_a_row_again_when_it_was_taken_for_dead(self):
        here.beat()
        ServerProcess.objects.all().delete()

        here.beat()

        assert ServerProcess.objects.get().pk == here.id

    @pytest.mark.django_db(transaction=True)
    def test_has_one_row_though_two_threads_make_it(self):
        def beat() -> None:
            with transaction.atomic():
                ready.wait(10)
                here.beat()
            connection.close()

        ready = Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(beat) for _ in range(2)]:
                done.result(20)

        assert ServerProcess.objects.count() == 1

    def test_has_none_when_it_has_ended(self):
        here.beat()

        here.leave()

        assert not ServerProcess.objects.exists()

    def test_is_another_one_after_a_fork(self):
        before = here.id

        here.start_anew()

        assert here.id != before

    def test_says_where_it_listens(self, monkeypatch):
        monkeypatch.setattr(listening, "address", "127.0.0.1:8000")
        here.beat()

        assert ServerProcess.objects.get().address.endswith(" 127.0.0.1:8000")


class TestAlive:
    def test_are_those_of_a_kind_that_were_seen_lately(self):
        worker = another(kind="worker", seen=timedelta(seconds=-10))
        another(kind="worker", seen=timedelta(seconds=-20))
        another(kind="web")

        assert processes.alive("worker") == [worker]


class TestAWatchedProcess:
    def test_that_shows_nothing_for_15_seconds_is_dead(self):
        silent = another()

        assert watched_for(14, watch := Watch()) == []
        assert watched_for(2, watch, 16) == [silent]

    def test_is_dead_sooner_where_the_database_says_that_it_was_not_seen_for_long(self):
        silent = another(seen=-HOUR)

        assert watched_for(4, watch := Watch()) == []
        assert watched_for(2, watch, 6) == [silent]

    def test_is_dead_sooner_where_we_have_its_address(self, monkeypatch):
        monkeypatch.setattr(listening, "address", "127.0.0.1:8000")
        predecessor = another(address=here.address)
        another(address="another machine 127.0.0.1:8000")

        assert watched_for(6, Watch()) == [predecessor]

    def test_that_was_seen_in_the_future_is_dead_as_soon(self):
        """The database's clock was put back after it died."""
        silent = another(seen=HOUR)

        assert watched_for(16, Watch()) == [silent]

    def test_that_lives_is_not_dead_when_the_database_s_clock_jumps(self):
        living = another(seen=-HOUR)
        watch = Watch()
        for now in range(0, 40, 2):
            beat(living)
            assert watch.dead(processes.others(), now=now) == []

    def test_may_have_stood_still_as_long_as_nobody_watched(self):
        another(seen=-HOUR)
        watch = Watch()
        watch.dead(processes.others(), now=0)

        assert watch.dead(processes.others(), now=100) == []

    def test_that_is_a_worker_has_15_seconds_in_any_case(self):
        silent = another(kind="worker", seen=-HOUR)

        assert watched_for(14, watch := Watch()) == []
        assert watched_for(2, watch, 16) == [silent]

    def test_is_never_oneself(self):
        here.beat()

        assert watched_for(30, Watch()) == []


class TestTheDead:
    def test_have_no_row(self):
        processes.bury([another()])

        assert not ServerProcess.objects.exists()

    def test_are_spared_when_they_showed_life_meanwhile(self):
        living = another()
        seen = ServerProcess.objects.get(pk=living.pk)
        beat(living)

        processes.bury([seen])

        assert ServerProcess.objects.exists()


class TestThePredecessors:
    """SQLite has one web process."""

    @pytest.fixture(autouse=True)
    def _embedded(self, settings, tmp_path: Path, monkeypatch):
        settings.EMBEDDED, settings.DATA_DIR = True, tmp_path
        monkeypatch.setattr(processes, "_held", [])

    def test_of_whoever_holds_the_data_folder_are_dead(self):
        another()
        worker = another(kind="worker")
        here.beat()

        processes.bury_predecessors()

        assert {row.pk for row in ServerProcess.objects.all()} == {here.id, worker.pk}

    def test_may_live_where_another_holds_it(self, tmp_path: Path):
        living = another()

        with (tmp_path / "web.lock").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            processes.bury_predecessors()

        assert ServerProcess.objects.get() == living

    def test_are_not_looked_for_on_postgresql(self, settings):
        settings.EMBEDDED = False
        living = another()

        processes.bury_predecessors()

        assert ServerProcess.objects.get() == living
