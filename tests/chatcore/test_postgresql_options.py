"""What PostgreSQL is asked for at each connection, and what DATABASE_URL may say of it."""

import pytest
from django.db import connection

from chatcore.conf.postgresql import options


class TestOptions:
    def test_of_the_address_come_on_top_of_ours(self):
        given = options({"options": "-c lock_timeout=9s -c work_mem=8MB", "connect_timeout": 7})

        assert given["options"].endswith("-c lock_timeout=9s -c work_mem=8MB")
        assert given["options"].startswith("-c lock_timeout=2s ")
        assert given["connect_timeout"] == 7

    @pytest.mark.django_db
    def test_are_in_force(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('lock_timeout'),"
                " current_setting('idle_in_transaction_session_timeout')"
            )

            assert cursor.fetchone() == ("2s", "10s")

    @pytest.mark.django_db
    def test_have_values_travel_apart_from_statements(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT query, %s FROM pg_stat_activity WHERE pid = pg_backend_pid()", ["zanzibar"]
            )
            (query, said) = cursor.fetchone()

        assert said == "zanzibar"
        assert "zanzibar" not in query
