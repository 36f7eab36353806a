"""The clock of this folder's tests, a site at the moment when its weekly rollup is due, and its mail server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from chatcore.models import Organisation
from observability.schedules import make_schedules
from observability.smoke.seeding import seed as seed_smoke_rows
from tests.observability.records import TODAY, moment
from tests.observability.sundays import DUE
from tests.quick import quick_clients, quick_passwords  # noqa: F401
from tests.services.smtp import Mailbox, site_mailbox
from tests.shipped import shipped, shipped_copy  # noqa: F401


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """Every test here takes place at the noon after the week of its records, and time goes on from there.

    The database's now() stays the machine's. Another process is started by `programs`, which hands the time on.
    """
    with time_machine.travel(TODAY):
        yield


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Just after the rollup is due; the site was set up in October."""
    with time_machine.travel(moment(-20), tick=False) as traveller:
        make_schedules()
        traveller.move_to(DUE + timedelta(seconds=20))
        yield traveller


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    """A real mail server, used by the site."""
    with site_mailbox(settings) as box:
        yield box


@pytest.fixture
def acme(clock) -> Organisation:
    made = Organisation.objects.create(name="Acme")
    Organisation.objects.update(created_at=moment(-20))
    return made


@pytest.fixture
def seeded(db) -> None:
    """All rows of a new site."""
    call_command("seed")


@pytest.fixture
def smoke_rows(db) -> None:
    """The smoke evaluation's own rows alone: quicker."""
    seed_smoke_rows()
    make_schedules()
