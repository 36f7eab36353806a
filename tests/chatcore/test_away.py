"""The database dies under a request, or is away: who asks is told so, or notices nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import AsyncClient, Client
from psycopg import sql

from chatcore.db import pool as pools
from chatcore.db.writer import Writer
from chatcore.models import Organisation

UNAVAILABLE = "The database does not answer just now. Please try again in a moment."


@pytest.fixture(autouse=True)
def fresh(transactional_db, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pool was not drained by the test before; the tables are emptied over a living connection."""
    monkeypatch.setattr(pools, "_drained_at", float("-inf"))
    yield
    connection.close()


@pytest.fixture
def client(alice) -> Client:
    made = Client(raise_request_exception=False)
    made.force_login(alice)
    return made


@contextmanager
def admin() -> Iterator[psycopg.Connection]:
    """A connection of somebody else's."""
    said = connection.settings_dict
    with psycopg.connect(
        host=said["HOST"],
        port=said["PORT"],
        user=said["USER"],
        password=said["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as made:
        yield made


def end_connections() -> None:
    """As a restart of PostgreSQL does."""
    with admin() as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (connection.settings_dict["NAME"],),
        )


@contextmanager
def no_connections() -> Iterator[None]:
    """No connection can be made; those that are there stay."""
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name = sql.Identifier(connection.settings_dict["NAME"])
    with admin() as other:
        other.execute(allow.format(name, sql.SQL("false")))
        try:
            yield
        finally:
            other.execute(allow.format(name, sql.SQL("true")))


@pytest.fixture
def away(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database is gone."""
    monkeypatch.setattr(connection.pool, "timeout", 0.2)  # type: ignore[attr-defined]
    with no_connections():
        end_connections()
        yield
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


class TestARequestWhoseConnectionDied:
    @pytest.mark.parametrize("page", ["/api/threads/", "/"])
    def test_is_answered_by_another(self, client: Client, page: str):
        end_connections()

        assert client.get(page).status_code == 200

    @pytest.mark.anyio
    async def test_is_answered_by_another_in_the_loop(self, alice):
        client = AsyncClient(raise_request_exception=False)
        await client.aforce_login(alice)
        end_connections()

        assert (await client.get("/api/threads/")).status_code == 200

    def test_is_not_run_twice_if_it_may_change_something(self, client: Client):
        end_connections()

        answer = client.post("/api/threads/", {}, content_type="application/json")

        assert answer.status_code == 503
        assert answer.json() == {"code": "unavailable", "message": UNAVAILABLE}


class TestAConnectionThatWaitedInThePool:
    def test_is_replaced_before_it_is_used(self, client: Client):
        connection.close()
        end_connections()

        answer = client.post("/api/threads/", {}, content_type="application/json")

        assert answer.status_code == 201


class TestWithoutADatabase:
    def test_a_program_is_told_to_come_again(self, client: Client, away):
        answer = client.get("/api/threads/")

        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert answer.json() == {"code": "unavailable", "message": UNAVAILABLE}

    @pytest.mark.parametrize("page", ["/", "/threads/6fa459ea-ee8a-3ca4-894e-db77e160355e/"])
    def test_a_person_sees_a_page_that_says_so(self, client: Client, away, page: str):
        answer = client.get(page)

        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert "The database does not answer just now." in answer.content.decode()

    def test_staff_see_it_too(self, client: Client, away):
        assert client.get("/admin/").status_code == 503

    def test_a_sign_in_is_not_taken_for_a_wrong_one(self, client: Client, away):
        answer = client.post("/login/", {"username": "alice", "password": "a password"})

        assert answer.status_code == 503


class TestWritesWithoutADatabase:
    @pytest.mark.anyio
    async def test_that_wait_together_fail_together(self, away):
        pool = connection.pool  # type: ignore[attr-defined]
        before = pool.get_stats().get("requests_errors", 0)
        writer = Writer(threads=1)
        jobs = [writer.run(lambda: connection.ensure_connection()) for _ in range(50)]

        failed = await asyncio.gather(*jobs, return_exceptions=True)
        writer.close()

        assert [type(error) for error in failed] == [OperationalError] * 50
        # The first may have been alone; the others cost one wait for a connection, not one each.
        assert pool.get_stats()["requests_errors"] - before <= 4

    @pytest.mark.anyio
    async def test_that_must_be_kept_are_kept_when_it_is_back(self, client: Client, monkeypatch):
        monkeypatch.setattr(connection.pool, "timeout", 0.2)  # type: ignore[attr-defined]
        writer = Writer(threads=1)
        with no_connections():
            end_connections()
            write = partial(Organisation.objects.create, name="Kept")
            kept = asyncio.create_task(writer.insist(write, "A write"))
            with pytest.raises(OperationalError):
                await writer.run(write)
        made = await asyncio.wait_for(kept, 30)
        writer.close()

        assert await asyncio.to_thread(_names) == {"Acme", made.name}


def _names() -> set[str]:
    try:
        return set(Organisation.objects.values_list("name", flat=True))
    finally:
        connection.close()


class TestAFaultOfOurOwn:
    def test_is_not_taken_for_a_database_that_is_away(self, client: Client):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE chatcore_thread RENAME COLUMN title TO heading")
        try:
            answer = client.get("/api/threads/")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE chatcore_thread RENAME COLUMN heading TO title")

        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
