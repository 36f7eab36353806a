"""`/readyz` knows that the database takes no writes, without writing."""

import pytest
from django.db import DatabaseError, connection, transaction

from chatcore.db.refused_writes import RefusedWrites
from chatcore.db.writer import Writer
from chatcore.models import Organisation

READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}


def write_where_none_may() -> None:
    with connection.cursor() as cursor:
        cursor.execute(READ_ONLY[connection.vendor])
    Organisation.objects.create(name="Acme")


@pytest.fixture
def noted(monkeypatch) -> RefusedWrites:
    """What the writer notes, from nothing."""
    fresh = RefusedWrites()
    monkeypatch.setattr("chatcore.db.writer.refused_writes", fresh)
    return fresh


class TestAWriteThatIsRefused:
    @pytest.mark.anyio
    @pytest.mark.django_db(transaction=True)
    async def test_counts_for_some_seconds_and_is_logged(self, noted: RefusedWrites, caplog):
        writer = Writer(threads=1)
        for _ in range(2):
            with pytest.raises(DatabaseError):
                await writer.run(write_where_none_may)
        writer.close()

        assert noted.problem().startswith("the last write was refused (")
        (line,) = [
            record.message for record in caplog.records if "takes no writes" in record.message
        ]
        assert "Look at its disk and mode" in line


class TestAServerThatTakesNoWrites:
    @pytest.mark.django_db(transaction=True)
    def test_is_known_without_a_write(self):
        assert RefusedWrites().problem() == ""
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(READ_ONLY["postgresql"])

                assert RefusedWrites().problem() == "the database is read-only"
