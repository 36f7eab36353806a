"""The shipped tables, made once for all tests and copied into the database of each that wants them.

A folder's `conftest.py` imports the fixtures.
"""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from routing.seeding import seed

NO_ENVIRONMENT = {
    "ENV_KEYS": dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), ""),
    "ENV_BASE_URLS": {},
}


def models() -> list[type[Model]]:
    return list(apps.get_app_config("routing").get_models(include_auto_created=True))


def tables() -> list[str]:
    return [model._meta.db_table for model in models()]


@pytest.fixture(scope="session")
def shipped_copy(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A second set of the tables, which no test empties; each folder's fixture finds the first one's."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if f"shipped_{tables()[0]}" in connection.introspection.table_names(cursor):
            return
        with override_settings(**NO_ENVIRONMENT):
            seed()
        for table in tables():
            cursor.execute(f"CREATE TABLE shipped_{table} AS SELECT * FROM {table}")
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)


@pytest.fixture
def shipped(shipped_copy: None) -> Callable[[], None]:
    """Call it to fill the empty tables with what ships, and with what the environment gives."""

    @transaction.atomic
    def fill() -> None:
        with connection.cursor() as cursor:
            for table in tables():
                cursor.execute(f"INSERT INTO {table} SELECT * FROM shipped_{table}")
            for statement in connection.ops.sequence_reset_sql(no_style(), models()):
                cursor.execute(statement)
        seed()

    return fill
