"""The clock of this folder's tests; a site at the moment when its weekly rollup is due, and a mail server for it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from chatcore.models import Organisation
from observability.schedules import make_schedules
from tests.observability.records import TODAY, moment
from tests.observability.sundays import DUE
from tests.quick import quick_clients, quick_passwords  # noqa: F401
from tests.services.smtp import Mailbox, mail_server


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
    """A real mail server, that the site uses."""
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = box.host, box.port
        settings.EMAIL_TIMEOUT = 5
        yield box


@pytest.fixture
def acme(clock) -> Organisation:
    made = Organisation.objects.create(name="Acme")
    Organisation.objects.update(created_at=moment(-20))
    return made
