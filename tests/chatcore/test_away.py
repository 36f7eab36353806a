"""The database dies under a request, or is away: who asks is told so, or notices nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import AsyncClient, Client
from psycopg import sql

from chatcore.db import pool as pools

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


@pytest.fixture
def away(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No connection can be made."""
    monkeypatch.setattr(connection.pool, "timeout", 0.2)  # type: ignore[attr-defined]
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name = sql.Identifier(connection.settings_dict["NAME"])
    with admin() as other:
        other.execute(allow.format(name, sql.SQL("false")))
        try:
            end_connections()
            yield
        finally:
            other.execute(allow.format(name, sql.SQL("true")))
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
