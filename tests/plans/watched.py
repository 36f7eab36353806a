"""Looks at the statements that something sends to PostgreSQL: how many, and how many rows each reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

BIG = {"chatcore_turn", "chatcore_thread", "observability_attemptrecord"}


class Statements:
    """What was sent."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.texts)

    def reading_more_than(self, rows: int) -> list[tuple[int, str]]:
        """The statements that read more rows of the big tables than this, with their number.

        A sequential scan reads all of them, unless a LIMIT ends it early.
        """
        looks = (text for text in self.texts if text.startswith(("SELECT", "UPDATE", "DELETE")))
        numbers = ((rows_read(text), text) for text in looks)
        return [(number, text[:2000]) for number, text in numbers if number > rows]

    def naming(self, *columns: str) -> list[str]:
        """The statements that read one of these columns."""
        return [text for text in self.texts if any(column in text for column in columns)]


@contextmanager
def statements() -> Iterator[Statements]:
    """The statements of a block, without those that begin and end transactions."""
    caught = Statements()
    with CaptureQueriesContext(connection) as queries:
        yield caught
    texts = [query["sql"] for query in queries.captured_queries]
    caught.texts = [text for text in texts if not text.startswith(("SAVEPOINT", "RELEASE"))]


def rows_read(statement: str) -> int:
    """How many rows of the big tables a statement reads, as PostgreSQL counts them when it runs it.

    It is run once more, and what it changes is rolled back.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) {statement}")
        plans: Any = cursor.fetchone()[0]
        transaction.set_rollback(True)
    return _read(json.loads(plans)[0]["Plan"] if isinstance(plans, str) else plans[0]["Plan"])


def keys_without_index() -> list[str]:
    """The foreign keys to the big tables through which each deleted row would be looked for in vain."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND confrelid::regclass::text = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1]"
            " AND indpred IS NULL)",
            [sorted(BIG)],
        )
        return [name for (name,) in cursor.fetchall()]


def _read(node: dict[str, Any]) -> int:
    below = sum(_read(child) for child in node.get("Plans", ()))
    if node.get("Relation Name") not in BIG or node["Node Type"] == "ModifyTable":
        return below
    passed = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return below + int(sum(node.get(name, 0) for name in passed) * node["Actual Loops"])
