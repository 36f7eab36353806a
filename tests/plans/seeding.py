"""Fills the database with a year of a busy site: made by PostgreSQL itself, in a few seconds."""

from datetime import UTC, datetime, timedelta

from django.db import connection, models

from chatcore.models import Organisation, Thread, Turn, User
from observability.models import AttemptRecord
from tests.factories import make_attempt, make_route, route_text

TODAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""Just after the last turn."""
DAYS = 365
BEGINNING = TODAY - timedelta(days=DAYS)
ORGANISATIONS, PEOPLE, THREADS, TURNS_A_THREAD = 20, 1_000, 10_000, 10
TURNS = THREADS * TURNS_A_THREAD
LONG_DELETED = 40
"""Threads that were deleted long ago; as many were deleted lately."""


def fill() -> None:
    """Insert organisations, people, threads, turns and their records; and let the planner know."""
    Organisation.objects.bulk_create(
        Organisation(pk=n, name=f"Organisation {n}") for n in range(1, ORGANISATIONS + 1)
    )
    User.objects.bulk_create(User(pk=n, username=f"person-{n:04}") for n in range(1, PEOPLE + 1))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(_threads())
        cursor.execute(_turns(), {"route": _route(1), "longer": _route(2)})
        cursor.execute("UPDATE chatcore_thread SET head_id = md5('turn' || split_part(title, ' ', 2)::int * 10)::uuid")
        for number in (1, 2):
            cursor.execute(_records(number))
        cursor.execute("ANALYZE")


def _route(calls: int) -> str:
    attempts = [make_attempt(n, failed=n < calls) for n in range(1, calls + 1)]
    return route_text(make_route(attempts=attempts, rungs=(), scores=()))
