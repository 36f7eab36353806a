"""Real processes at once, and one that is killed while it sends: one mail each, and exact numbers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from chatcore.models import Organisation, OutgoingMail
from observability.models import Recipient, WeeklyRollup
from observability.rollup import weeks
from observability.rollup.report import load
from observability.schedules import make_schedules
from tests.observability import programs
from tests.observability.records import record
from tests.services.smtp import Mailbox, mail_server
from tests.services.warm import Program

pytestmark = pytest.mark.django_db(transaction=True)
Status = OutgoingMail.Status
WORKER = "from observability.tasks import weekly_rollup; weekly_rollup()"
COMMAND = "from django.core.management import call_command; call_command({})"
ADDRESSES = {"boss@acme.example", "cto@example.com", "ops@example.com"}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture(autouse=True)
def week() -> None:
    """A site that was set up a month ago: the last week cost 0.75 USD, Acme's part of it 0.25."""
    make_schedules()
    start = weeks.span_of(weeks.last_due(timezone.now())).start
    acme = Organisation.objects.create(name="Acme")
    Organisation.objects.update(created_at=start - timedelta(days=20))
    record(cost="0.25", organisation_id=acme.pk, started_at=start + timedelta(days=1))
    record(cost="0.5", organisation_id=acme.pk + 1, started_at=start + timedelta(days=6))
    for address in ADDRESSES:
        Recipient.objects.create(email=address, organisation=acme if "acme" in address else None)
    Recipient.objects.update(since=start)


@pytest.fixture
def start(mailbox: Mailbox, tmp_path: Path) -> Iterator["Start"]:
    """Starts processes of this site, and ends what is left of them."""
    with ExitStack() as stack:
        yield Start(stack, mailbox, tmp_path)


class Start:
    def __init__(self, stack: ExitStack, mailbox: Mailbox, folder: Path) -> None:
        self._stack, self._mailbox, self._folder = stack, mailbox, folder

    def command(self, *arguments: str) -> Program:
        """What staff start by hand."""
        return self._start(COMMAND.format(", ".join(map(repr, arguments))))

    def worker(self) -> Program:
        """What a worker does when its clock strikes."""
        return self._start(WORKER)

    def _start(self, program: str) -> Program:
        process = programs.start(program, self._mailbox, self._folder)
        self._stack.callback(process.wait, 60)
        self._stack.callback(process.kill)
        return process


def received(mailbox: Mailbox) -> Counter[str]:
    return Counter(str(mail["To"]) for mail in mailbox.messages)


def statuses() -> set[str]:
    return set(OutgoingMail.objects.values_list("status", flat=True))


def claims_run_out() -> None:
    OutgoingMail.objects.filter(claimed_until__isnull=False).update(
        claimed_until=timezone.now() - timedelta(seconds=1)
    )


class TestTwoWorkersAtOnce:
    def test_send_one_mail_each_with_exact_numbers(self, start: Start, mailbox: Mailbox):
        which = ["--week-ending", str(weeks.last_due(timezone.now()))]
        command = start.command("weekly_rollup", "--send", *which)
        at_once = [start.worker(), start.worker(), command]
        assert [process.wait(60) for process in at_once[:2]] == [0, 0]
        at_once[2].wait(60)  # it may find mails that are another's to send just now

        assert received(mailbox) == dict.fromkeys(ADDRESSES, 1)
        assert statuses() == {Status.SENT}
        costs = {
            rollup.organisation_id is None: f"{load(rollup.content).week.cost_usd:.2f}"
            for rollup in WeeklyRollup.objects.all()
        }
        assert costs == {True: "0.75", False: "0.25"}
        assert WeeklyRollup.objects.count() == 2


class TestAWorkerThatIsKilled:
    def kill_at(self, trouble, start: Start, mailbox: Mailbox) -> None:
        """One has its claim and is in the middle of the conversation."""
        mailbox.trouble = trouble
        worker = start.worker()
        assert mailbox.silent.wait(60)
        worker.kill()
        worker.wait(60)
        mailbox.trouble = ""

    def test_before_it_handed_its_mail_over_is_replaced(self, start: Start, mailbox: Mailbox):
        self.kill_at("silent at address", start, mailbox)
        assert statuses() == {Status.SENDING, Status.QUEUED}

        assert start.worker().wait(60) == 0
        assert len(mailbox.messages) == 2  # its own is left to it until its claim runs out
        claims_run_out()
        assert start.worker().wait(60) == 0

        assert received(mailbox) == dict.fromkeys(ADDRESSES, 1)
        assert statuses() == {Status.SENT}

    def test_while_the_server_took_its_mail_leaves_it_uncertain(
        self, start: Start, mailbox: Mailbox
    ):
        self.kill_at("silent at mail", start, mailbox)
        assert statuses() == {Status.SENDING, Status.QUEUED}

        for _ in range(2):
            claims_run_out()
            assert start.worker().wait(60) == 0

        (doubtful,) = OutgoingMail.objects.filter(status=Status.UNCERTAIN)
        assert received(mailbox) == dict.fromkeys(ADDRESSES - {doubtful.address}, 1)
        assert "killed" in doubtful.trouble
