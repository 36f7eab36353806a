"""Runs database writes for the event loop, on threads of its own.

Jobs that come together share one transaction (group commit): under load dozens of turns cost one
flush of the disk. A job takes its caller's context along, so that a query stands in the trace of
whoever wanted it.
"""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.db import OperationalError, close_old_connections, connection, connections, transaction

from chatcore.db.errors import LOST, connection_died, is_away, is_out_of_reach
from chatcore.db.pool import start_anew
from chatcore.db.refused_writes import refused_writes

logger = logging.getLogger(__name__)
T = TypeVar("T")
TOGETHER = 64
"""Jobs that share a transaction at most."""
TRIES = 3
TOLD_EVERY_S = 30.0
AGAIN_S = 0.5
"""Between two tries of what must be kept while the database is away."""


class _Job(msgspec.Struct):
    run: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The threads that write turns: one for SQLite, two where one may wait for another's lock."""

    def __init__(self, threads: int) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._wanted = threads
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    async def run(self, job: Callable[[], T]) -> T:
        """Run a sync function in a transaction; its result once that is committed.

        Raises whatever the job or the commit raised; then nothing of the job is kept.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._start()
        self._jobs.put(_Job(partial(copy_context().run, job), loop, future))
        return await asyncio.shield(future)

    async def insist(self, job: Callable[[], T], what: str) -> T:
        """Run a job that must be kept: again and again while the database is away.

        `what` names it in the log. Raises what is the job's own fault.
        """
        loop = asyncio.get_running_loop()
        tell_at = loop.time()
        while True:
            try:
                return await self.run(job)
            except LOST as error:
                if not is_away(error):
                    raise
                if loop.time() >= tell_at:
                    logger.warning("%s waits for the database: %s", what, error)
                    tell_at = loop.time() + TOLD_EVERY_S
            await asyncio.sleep(AGAIN_S)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a thread."""
        return self._jobs.qsize()

    def close(self, patience_s: float | None = None) -> None:
        """End the threads and their connections, after the jobs they were given.

        A database that does not answer is waited for as long as `patience_s`.
        """
        until = None if patience_s is None else time.monotonic() + patience_s
        with self._starting:
            for _ in self._threads:
                self._jobs.put(None)
            for thread in self._threads:
                thread.join(None if until is None else max(0.0, until - time.monotonic()))
            self._threads.clear()

    def _start(self) -> None:
        if self._threads:
            return
        with self._starting:
            while len(self._threads) < self._wanted:
                thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs, last = self._gather(first)
            _run_together(jobs)
            for job in jobs:
                refused_writes.note(job.error)
            for loop in {id(job.loop): job.loop for job in jobs}.values():
                _hand_back(loop, [job for job in jobs if job.loop is loop])
            if last:
                break
        _fold_journal()
        connections.close_all()

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        jobs = [first]
        while len(jobs) < TOGETHER:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False


def _fold_journal() -> None:
    """Write SQLite's journal into its file: a copy of the one file is then a whole backup."""
    if connection.vendor == "sqlite":
        with contextlib.suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")  # who still reads is not waited for
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _run_together(jobs: list[_Job]) -> None:
    """All jobs in one transaction; where that fails as a whole, each in its own."""
    if len(jobs) > 1:
        try:
            with transaction.atomic():
                for job in jobs:
                    _run_in_savepoint(job)
            return
        except Exception as error:
            if is_out_of_reach(error):
                _fail_all(jobs, error)
                return
            logger.warning("A shared transaction failed (%s); its jobs run alone", error)
            _recover(error)
    for number, job in enumerate(jobs):
        _run_alone(job)
        if job.error is not None and is_out_of_reach(job.error):  # each would wait as long again
            _fail_all(jobs[number + 1 :], job.error)
            return


def _fail_all(jobs: list[_Job], error: BaseException) -> None:
    for job in jobs:
        job.error = error


def _run_in_savepoint(job: _Job) -> None:
    job.error = None
    try:
        with transaction.atomic():
            job.result = job.run()
    except LOST:
        raise  # the connection or the whole transaction is lost: the others must know
    except Exception as error:
        job.error = error


def _run_alone(job: _Job) -> None:
    for left in reversed(range(TRIES)):
        job.error = None
        try:
            with transaction.atomic():
                job.result = job.run()
            return
        except LOST as error:  # deadlock, lost connection, locked file
            job.error = error
            _recover(error)
            if not left or is_out_of_reach(error):
                return
        except Exception as error:
            job.error = error
            return


def _recover(error: BaseException) -> None:
    if connection_died(error):
        start_anew()
    else:
        close_old_connections()


def _hand_back(loop: asyncio.AbstractEventLoop, jobs: list[_Job]) -> None:
    def settle() -> None:
        for job in jobs:
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        logger.warning("The loop that asked for %d database jobs has ended", len(jobs))


writer = Writer(threads=1 if settings.EMBEDDED else 2)
