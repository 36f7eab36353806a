"""However the records are divided, their sums add up to the whole, to the last digit."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import msgspec
import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from observability.figures import Figures, measure, measure_by
from observability.models import AttemptRecord
from tests.factories import NOON

AMOUNTS = st.one_of(
    st.none(), st.decimals(0, 999, places=12), st.decimals(0, "0.000001", places=12)
)
TOKENS = st.one_of(st.none(), st.integers(0, 2_000_000))
ROWS = st.lists(
    st.builds(
        AttemptRecord,
        intent=st.sampled_from(["coding_help", "social_chat", ""]),
        provider=st.sampled_from(["openai", "kimi"]),
        status=st.sampled_from(["ok", "failed", "cut", "unknown"]),
        turn_status=st.sampled_from(["complete", "failed", "stopped"]),
        usage_source=st.sampled_from(["reported", "estimated", "none"]),
        cost_source=st.sampled_from(["provider", "computed", "estimated", "unknown"]),
        concludes=st.booleans(),
        cache_hit=st.booleans(),
        number=st.integers(0, 3),
        organisation_id=st.sampled_from([None, 1, 2]),
        user_id=st.sampled_from([None, 1, 2, 3]),
        cost_usd=AMOUNTS,
        saved_usd=AMOUNTS,
        input_tokens=TOKENS,
        output_tokens=TOKENS,
    ),
    max_size=12,
)
PARTITIONS = st.lists(
    st.sampled_from(["intent", "provider", "status", "organisation_id", "user_id", "cache_hit"]),
    unique=True,
    min_size=1,
    max_size=3,
)
SUMMED = [name for name in Figures.__struct_fields__ if name != "people"]
"""One person may be in several parts."""


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory, django_db_setup, django_db_blocker) -> Iterator[str]:
    """The table of records in a real SQLite file, whatever the tests' own database is."""
    alias = "a_file"
    with django_db_blocker.unblock():
        connections.databases[alias] = {
            **connections.databases["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(tmp_path_factory.mktemp("sums") / "records.sqlite3"),
            "OPTIONS": {},
        }
        with connections[alias].schema_editor() as editor:
            editor.create_model(AttemptRecord)
        yield alias
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def check(database: str, drawn: list[AttemptRecord], partition: list[str]) -> None:
    for row in drawn:
        row.turn_id, row.policy_version, row.started_at = uuid4(), 1, NOON
    rows = AttemptRecord.objects.using(database).order_by()
    with transaction.atomic(using=database):
        AttemptRecord.objects.using(database).bulk_create(drawn)
        whole, parts = measure(rows), list(measure_by(rows, *partition).values())
        transaction.set_rollback(True, using=database)
    assert whole.cost_usd == sum((row.cost_usd or 0 for row in drawn), Decimal(0))
    assert whole.saved_usd == sum((row.saved_usd or 0 for row in drawn), Decimal(0))
    for name in SUMMED:
        start = msgspec.structs.asdict(Figures())[name]
        assert sum((getattr(part, name) for part in parts), start) == getattr(whole, name), name


several_times = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


class TestTheParts:
    @several_times
    @given(drawn=ROWS, partition=PARTITIONS)
    def test_are_the_whole(self, db, drawn: list[AttemptRecord], partition: list[str]):
        check("default", drawn, partition)


class TestTheSumsInASqliteFile:
    @several_times
    @given(drawn=ROWS, partition=PARTITIONS)
    def test_are_the_whole(self, on_sqlite: str, drawn: list[AttemptRecord], partition: list[str]):
        check(on_sqlite, drawn, partition)

    def test_are_exact_where_floating_point_is_not(self, on_sqlite: str):
        tenths = [AttemptRecord(number=1, cost_usd=Decimal("0.1")) for _ in range(10)]
        tenths += [AttemptRecord(number=1, cost_usd=Decimal("1e-12")) for _ in range(10)]

        check(on_sqlite, tenths, ["number"])
