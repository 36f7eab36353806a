"""The writer: jobs that come together share a transaction, and none pays for another's fault."""

import asyncio

import pytest
from django.db import connection, transaction

from chatcore.db.writer import Writer
from chatcore.models import Organisation

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writer():
    made = Writer(threads=1)
    yield made
    made.close()


def make(name: str) -> int:
    return Organisation.objects.create(name=name).pk


def names() -> set[str]:
    return set(Organisation.objects.values_list("name", flat=True))


class TestTheWriter:
    async def test_gives_a_jobs_result_once_it_is_committed(self, writer: Writer):
        made = await writer.run(lambda: make("Acme"))

        assert await asyncio.to_thread(_seen_elsewhere) == {"Acme"}
        assert made > 0

    async def test_commits_jobs_that_come_together_in_one_transaction(self, writer: Writer):
        blocker = asyncio.ensure_future(writer.run(lambda: _transaction_id()))
        jobs = [asyncio.ensure_future(writer.run(lambda: _transaction_id())) for _ in range(20)]
        ids = await asyncio.gather(blocker, *jobs)

        if connection.vendor == "postgresql":
            assert len(set(ids)) < len(ids)

    async def test_keeps_the_others_when_one_job_fails(self, writer: Writer):
        def fail() -> None:
            make("half done")
            raise ValueError("this job's own fault")

        results = await asyncio.gather(
            writer.run(lambda: make("One")),
            writer.run(fail),
            writer.run(lambda: make("Two")),
            writer.run(lambda: make("One")),
            return_exceptions=True,
        )

        assert await asyncio.to_thread(_seen_elsewhere) == {"One", "Two"}
        assert [type(result).__name__ for result in results] == [
            "int",
            "ValueError",
            "int",
            "IntegrityError",
        ]

    async def test_is_a_transaction_even_for_a_job_alone(self, writer: Writer):
        assert await writer.run(lambda: transaction.get_connection().in_atomic_block) is True


def _transaction_id() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        return int(cursor.fetchone()[0])


def _seen_elsewhere() -> set[str]:
    try:
        return names()
    finally:
        connection.close()
