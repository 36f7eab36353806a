"""Fills the database with a year of a busy site: made by PostgreSQL itself, in a few seconds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models

from chatcore.models import Organisation, Thread, Turn, User
from observability.models import AttemptRecord
from routing import route as routes
from routing.route import Route
from tests.factories import make_attempt

TODAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""Just after the last turn."""
BEGINNING = TODAY - timedelta(days=365)
ORGANISATIONS, PEOPLE, THREADS, TURNS_A_THREAD = 20, 1_000, 10_000, 10
TURNS = THREADS * TURNS_A_THREAD
FIRST = 1_000_000
"""The first organisation's and the first person's number; the tables count from 1 by themselves."""
LONG_DELETED = 40
"""Threads that were deleted long ago; as many were deleted lately."""

AT = f"timestamptz '{BEGINNING:%Y-%m-%d %H:%M}+00' + interval '365 days' * ({{}}::float / {TURNS})"
ANSWERED, FAILED, STOPPED = 90, 97, 99
"""Of a hundred turns: up to which one each ends so; the last one is interrupted."""


def fill() -> None:
    """Insert organisations, people, threads, turns and their records; and let the planner know."""
    Organisation.objects.bulk_create(
        Organisation(pk=FIRST + n, name=f"Organisation {n}") for n in range(ORGANISATIONS)
    )
    User.objects.bulk_create(User(pk=FIRST + n, username=f"person-{n:04}") for n in range(PEOPLE))
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        remake = _drop_indexes(cursor)
        for statement in (
            _insert(Thread, THREADS, _THREAD),
            _insert(Turn, TURNS, _TURN),
            _insert(AttemptRecord, TURNS, _RECORD),
            _insert(AttemptRecord, TURNS, _FAILED_CALL, where="n % 5 = 0"),
            "UPDATE chatcore_thread t SET head_id = md5('turn' || t.summary)::uuid",
            *remake,
            "SET default_statistics_target = 30",
            "ANALYZE",
        ):
            cursor.execute(statement)


def _drop_indexes(cursor) -> list[str]:
    """Drop the big tables' indexes and foreign keys; gives what makes them again, in less time."""
    tables = [model._meta.db_table for model in (Thread, Turn, AttemptRecord)]
    cursor.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [tables],
    )
    keys = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid::regclass::text = ANY(%s) "
        "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [tables],
    )
    indexes = cursor.fetchall()
    for table, name, _ in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [
        *(text for _, text in indexes),
        *(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}' for table, name, text in keys),
    ]


def _insert(
    model: type[models.Model], count: int, values: dict[str, str], where: str = "true"
) -> str:
    """`n` counts the rows from 1; what is not given is NULL, empty, zero or false."""
    given: dict[str, str] = {}
    for field in model._meta.local_concrete_fields:
        if field.name in values or not isinstance(field, models.AutoField | models.BigAutoField):
            given[str(field.column)] = values.get(field.name) or _empty(field)
    columns, chosen = ", ".join(given), ", ".join(given.values())
    table = model._meta.db_table
    return f"INSERT INTO {table} ({columns}) SELECT {chosen} FROM generate_series(1, {count}) n WHERE {where}"


def _empty(field: Any) -> str:
    if field.null:
        return "NULL"
    match field:
        case models.CharField() | models.TextField():
            return "''"
        case models.BooleanField():
            return "false"
        case models.JSONField():
            return "'[]'"
        case models.DateTimeField():
            return "now()"
    return "0"


def _uuid(kind: str, number: str) -> str:
    return f"md5('{kind}' || {number})::uuid"


def _one_in(many: int, value: str, other: str = "''") -> str:
    return f"CASE WHEN n % {many} = 0 THEN {value} ELSE {other} END"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _route(calls: int) -> str:
    attempts = [make_attempt(n, failed=n < calls) for n in range(1, calls + 1)]
    route = Route(intent="", reason="", policy_version=3, ladder="coding_help", attempts=attempts)
    return _text(json.dumps(_shortened(json.loads(routes.dump(route)))))


def _shortened(value: Any) -> Any:
    """Without what a route has by default: there are a hundred thousand."""
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items() if each is not None}
    return value


_LAST = f"(n * {TURNS_A_THREAD})"
_OWNER = f"(n % {PEOPLE} + {FIRST})"
_THREAD_OF = f"((n - 1) / {TURNS_A_THREAD} + 1)"
_OWNER_OF = f"({_THREAD_OF} % {PEOPLE} + {FIRST})"
_MODULO = "(n * 37 % 100)"
_STATUS = (
    f"CASE WHEN {_MODULO} < {ANSWERED} THEN 'complete' WHEN {_MODULO} < {FAILED} THEN 'failed' "
    f"WHEN {_MODULO} < {STOPPED} THEN 'stopped' ELSE 'interrupted' END"
)
_ERROR = (
    f"CASE WHEN {_MODULO} BETWEEN {ANSWERED} AND {FAILED - 1} THEN 'providers_unavailable' "
    f"WHEN {_MODULO} >= {STOPPED} THEN 'interrupted' ELSE '' END"
)
_INTENT = "(ARRAY['coding_help', 'coding_help', 'social_chat', 'qa_retrieval', 'editing_writing'])[n % 5 + 1]"
_SOURCE = "CASE WHEN n % 200 = 0 THEN 'smoke' WHEN n % 7 = 0 THEN 'api' ELSE 'chat' END"

_THREAD = {
    "id": _uuid("thread", "n"),
    "organisation": f"{_OWNER} % {ORGANISATIONS} + {FIRST}",
    "owner": _OWNER,
    "title": "'A thread about ' || n",
    "title_source": "'generated'",
    "last_position": str(TURNS_A_THREAD),
    "summary": f"{_LAST}::text",
    "created_at": AT.format(f"(n * {TURNS_A_THREAD})"),
    "updated_at": AT.format(f"(n * {TURNS_A_THREAD})"),
    "deleted_at": (
        f"CASE WHEN n % {THREADS // LONG_DELETED} = 7 THEN timestamptz '2026-09-01' "
        f"WHEN n % {THREADS // LONG_DELETED} = 8 THEN timestamptz '2026-11-20' END"
    ),
}
_TURN = {
    "id": _uuid("turn", "n"),
    "thread": _uuid("thread", _THREAD_OF),
    "organisation": f"{_OWNER_OF} % {ORGANISATIONS} + {FIRST}",
    "user": _OWNER_OF,
    "parent": f"CASE WHEN n % {TURNS_A_THREAD} <> 1 THEN {_uuid('turn', '(n - 1)')} END",
    "position": f"(n - 1) % {TURNS_A_THREAD} + 1",
    "client_id": _uuid("client", "n"),
    "source": _SOURCE,
    "prompt": "'Why is ' || md5(n::text) || ' so, and what follows from it?'",
    "reply": "'Because of ' || md5(n::text)",
    "status": _STATUS,
    "intent": _INTENT,
    "route": _one_in(5, _route(2), _route(1)),
    "provider": _one_in(10, "'kimi'", "'openai'"),
    "model": "'luna'",
    "error_code": _ERROR,
    "cost_usd": "0.000345678",
    "cost_source": "'computed'",
    "thumb": _one_in(40, "'down'"),
    "fallback_used": "n % 5 = 0",
    "cache_hit": "n % 33 = 0",
    "latency_ms": "950",
    "created_at": AT.format("n"),
    "started_at": AT.format("n"),
    "finished_at": AT.format("n"),
}
_RECORD = {
    "turn_id": _uuid("turn", "n"),
    "thread_id": _uuid("thread", _THREAD_OF),
    "organisation_id": _TURN["organisation"],
    "user_id": _OWNER_OF,
    "source": _SOURCE,
    "concludes": "true",
    "turn_status": _STATUS,
    "error_code": _ERROR,
    "time_to_first_token_ms": "200 + n % 500",
    "latency_ms": "950",
    "intent": _INTENT,
    "policy_version": "3",
    "ladder": "'coding_help'",
    "number": "CASE WHEN n % 5 = 0 THEN 2 ELSE 1 END",
    "deployment": "'openai/luna'",
    "provider": "'openai'",
    "status": "'ok'",
    "fallback_used": "n % 5 = 0",
    "truncated": "n % 50 = 0",
    "truncated_reason": _one_in(50, "'token_limit'"),
    "input_tokens": "200",
    "output_tokens": "40",
    "cache_read_tokens": "128",
    "usage_source": _one_in(60, "'estimated'", "'reported'"),
    "cost_usd": "0.000345678",
    "cost_source": _one_in(60, "'estimated'", "'computed'"),
    "started_at": AT.format("n"),
}
_FAILED_CALL = _RECORD | {
    "concludes": "false",
    "number": "1",
    "deployment": "'gemini/flash'",
    "provider": "'gemini'",
    "status": "'failed'",
    "error": "'rate_limit'",
    "input_tokens": "NULL",
    "output_tokens": "NULL",
    "cache_read_tokens": "NULL",
    "usage_source": "'none'",
    "cost_usd": "0",
    "cost_source": "'computed'",
}
