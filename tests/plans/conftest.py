"""One big database for all tests of this folder; each test's own changes are rolled back."""

from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.plans.seeding import TODAY, fill


@pytest.fixture(scope="module")
def _filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        assert connection.vendor == "postgresql"
        fill()
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def big_site(_filled: None, db: None) -> Iterator[None]:
    """A site of a year's turns, at the end of that year."""
    with time_machine.travel(TODAY, tick=False):
        yield
