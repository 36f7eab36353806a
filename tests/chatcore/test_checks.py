"""What `check --deploy` says of things that only show once people use the site."""

import pytest
from django.db import connection

from chatcore import checks


def ids(check) -> list[str]:
    return [message.id for message in check()]


@pytest.mark.django_db
class TestTheDatabasesLog:
    @pytest.mark.parametrize(("length", "warned"), [("0", []), ("-1", ["chatcore.W003"])])
    def test_of_statements_must_not_hold_their_values(self, length: str, warned: list[str]):
        with connection.cursor() as cursor:
            cursor.execute(f"SET log_parameter_max_length = {length}")

        assert ids(checks.logs_of_the_database) == warned


class TestProxies:
    @pytest.mark.parametrize(
        ("https", "proxies", "warned"),
        [(True, 0, ["chatcore.W002"]), (True, 1, []), (False, 0, [])],
    )
    def test_that_are_not_counted_hide_where_people_come_from(
        self, settings, https: bool, proxies: int, warned: list[str]
    ):
        settings.HTTPS, settings.TRUSTED_PROXIES = https, proxies

        assert ids(checks.addresses_of_clients) == warned
