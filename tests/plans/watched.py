"""Looks at the statements that something sends to PostgreSQL: how many, and how many rows each reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
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
        numbers = ((rows_read(text), text) for text in self.texts if _is_read(text))
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
    """How many rows of the big tables a statement reads, as PostgreSQL counts them when it runs it."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) {statement}")
        plans: Any = cursor.fetchone()[0]
    return _read(json.loads(plans)[0]["Plan"] if isinstance(plans, str) else plans[0]["Plan"])


def _read(node: dict[str, Any]) -> int:
    below = sum(_read(child) for child in node.get("Plans", ()))
    if node.get("Relation Name") not in BIG or node["Node Type"] == "ModifyTable":
        return below
    passed = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return below + int(sum(node.get(name, 0) for name in passed) * node["Actual Loops"])


def _is_read(statement: str) -> bool:
    return statement.startswith(("SELECT", "WITH"))
