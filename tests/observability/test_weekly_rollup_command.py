"""`manage.py weekly_rollup`: what a week came to, printed, and with --send mailed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from chatcore.models import Organisation, OutgoingMail
from observability.models import Recipient, WeeklyRollup
from observability.rollup import making
from tests.observability.programs import ROOT, database_url
from tests.observability.records import WEEK_ENDING, moment, record


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Wednesday after the week that ends on 22 November 2026."""
    with time_machine.travel(moment(10), tick=False) as traveller:
        yield traveller


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("weekly_rollup", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
class TestAWeekThatIsNotOver:
    """Staff may ask for it; the whole week's rollup comes all the same."""

    @pytest.fixture(autouse=True)
    def _a_recipient(self, clock):
        Recipient.objects.create(email="ops@example.com")

    def test_is_reported_so_far(self, clock):
        record(8, "0.25")

        out, _ = run("--week-ending", "2026-11-29")

        assert "22 to 28 Nov 2026 so far" in out
        assert "The week is not over: this is what there was" in " ".join(out.split())
        assert "$0.25" in out

    def test_is_brought_up_to_date_until_it_is_mailed(self, clock, mailbox):
        record(8, "0.25")
        run("--week-ending", "2026-11-29")
        record(9, "0.25")

        run("--week-ending", "2026-11-29", "--send")

        assert "so far: $0.5000 for 2 turns" in mailbox.messages[0]["Subject"]

    def test_is_mailed_once(self, clock, mailbox):
        record(8, "0.25")
        run("--week-ending", "2026-11-29", "--send")
        run("--week-ending", "2026-11-29", "--send")

        assert len(mailbox.messages) == 1

    def test_gives_way_to_the_whole_week(self, clock, mailbox):
        record(8, "0.25")
        run("--week-ending", "2026-11-29", "--send")
        record(13, "0.5")
        clock.move_to(moment(14.1))

        run("--send")

        early, whole = mailbox.messages
        assert "so far" not in whole["Subject"]
        assert "$0.7500 for 2 turns" in whole["Subject"]
        assert whole["Message-ID"] != early["Message-ID"]


@pytest.mark.django_db
class TestTheCommand:
    def test_reports_a_week_before_there_was_anything(self, clock):
        record(1)

        out, _ = run("--week-ending", "2026-11-15")

        assert "Nobody asked anything this week." in out

    def test_prints_the_last_week_that_ended(self, clock, mailbox):
        record(1, "0.25")
        Recipient.objects.create(email="ops@example.com")

        out, _ = run()

        assert "15 to 21 Nov 2026" in out
        assert "$0.25" in out
        assert str(WeeklyRollup.objects.get().week_ending) == "2026-11-22"
        assert mailbox.messages == []

    def test_prints_another_week_when_asked(self, clock, mailbox):
        record(-3, "0.125")

        out, _ = run("--week-ending", "2026-11-15")

        assert "8 to 14 Nov 2026" in out
        assert "$0.125" in out

    def test_takes_new_records_in(self, clock, mailbox):
        record(1, "0.25")
        run()
        record(2, "0.5")

        out, err = run()

        assert "$0.75" in out
        assert "brought up to date" in err

    def test_sends_an_organisations_rollup_with_what_came_late(self, clock, mailbox):
        acme = Organisation.objects.create(name="Acme")
        Organisation.objects.update(created_at=moment(-20))
        Recipient.objects.create(email="boss@acme.example", organisation=acme)
        record(1, "0.25", organisation_id=acme.pk)
        making.make(WEEK_ENDING, acme.pk, now=moment(9))
        record(2, "0.5", organisation_id=acme.pk)

        run("--send")

        (mail,) = mailbox.messages
        assert "0.75" in mail["Subject"]

    def test_sends_it_once(self, clock, mailbox):
        record(1)
        Recipient.objects.create(email="ops@example.com")  # only just, and sent it all the same

        _, err = run("--send")
        run("--send")

        assert "ops@example.com (all organisations): sent." in err
        assert len(mailbox.messages) == 1

    def test_does_not_wait_for_the_time_of_another_try(self, clock, mailbox):
        record(1)
        Recipient.objects.create(email="ops@example.com")
        mailbox.trouble = "refuse mail for now"
        with pytest.raises(CommandError, match="1 mail of 1 not surely sent"):
            run("--send")
        mailbox.trouble = ""
        clock.shift(timedelta(seconds=1))

        run("--send")

        assert len(mailbox.messages) == 1

    def test_fails_when_a_mail_may_not_have_arrived(self, clock, mailbox):
        record(1)
        Recipient.objects.create(email="ops@example.com")
        mailbox.trouble = "drop after mail"

        for _ in range(2):
            with pytest.raises(CommandError, match="1 mail of 1 not surely sent"):
                run("--send")

        assert len(mailbox.messages) == 1
        assert OutgoingMail.objects.get().status == OutgoingMail.Status.UNCERTAIN

    def test_fails_when_there_is_nobody_to_send_it_to(self, clock, mailbox):
        record(1)

        with pytest.raises(CommandError, match="Nobody is on the list"):
            run("--send")

    def test_fails_when_there_is_no_mail_server(self, clock, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        record(1)
        Recipient.objects.create(email="ops@example.com")

        with pytest.raises(CommandError, match="No mail server is set up"):
            run("--send")

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ("2026-11-21", "a week ends at a Sunday, and 2026-11-21 is a Saturday"),
            ("2026-12-06", "has not begun"),
            ("2026-13-01", "expected a Sunday such as 2026-11-22, got '2026-13-01'"),
            ("last week", "expected a Sunday such as 2026-11-22, got 'last week'"),
            ("0001-01-07", "was long ago"),
        ],
    )
    def test_refuses_a_week_that_is_none(self, clock, given: str, words: str):
        record(1)

        with pytest.raises(CommandError, match=words):
            run("--week-ending", given)


class TestItsScript:
    def test_says_in_one_line_what_it_cannot_use(self, db):
        done = subprocess.run(
            [sys.executable, "manage.py", "weekly_rollup", "--week-ending", "nonsense"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database_url()},
            capture_output=True,
            text=True,
            timeout=60,
        )

        (line,) = done.stderr.splitlines()
        assert done.returncode == 1
        assert line.startswith("CommandError: --week-ending is not usable: expected a Sunday")
