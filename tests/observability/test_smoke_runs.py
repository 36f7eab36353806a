"""When a run of the smoke evaluation is due, who makes it, and who hears of it."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from chatcore.models import ApiToken, Organisation
from observability.models import (
    Incident,
    Recipient,
    SmokeRun,
    SmokeSettings,
)
from observability.schedules import SMOKE
from observability.smoke import due, runs
from tests.factories import make_user
from tests.observability.records import TODAY
from tests.services.ports import free_port

NIGHT = datetime(2026, 11, 23, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def nobody_there(settings):
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"


@pytest.mark.usefixtures("smoke_rows", "nobody_there")
class TestTheNight:
    def test_has_one_run_however_often_the_worker_looks(self):
        with time_machine.travel(NIGHT, tick=False):
            due.make_due()
            due.make_due()
        with time_machine.travel(NIGHT + timedelta(minutes=5), tick=False):
            due.make_due()

        run = SmokeRun.objects.get()
        assert (run.trigger, run.night, run.verdict) == ("night", NIGHT.date(), "outage")

    def test_is_made_up_for_on_the_same_day_where_the_machine_was_off(self):
        for hour, number in ((0, 0), (15, 1), (16, 1)):
            with time_machine.travel(NIGHT.replace(hour=hour), tick=False):
                due.make_due()
            assert SmokeRun.objects.count() == number

    def test_before_the_site_was_there_is_not_made_up_for(self):
        SmokeSettings.objects.update(created_at=NIGHT + timedelta(hours=1))
        with time_machine.travel(NIGHT + timedelta(hours=2), tick=False):
            due.make_due()

        assert not SmokeRun.objects.exists()

    def test_has_none_while_staff_have_switched_it_off(self):
        PeriodicTask.objects.filter(name=SMOKE).update(enabled=False)
        with time_machine.travel(NIGHT, tick=False):
            due.make_due()

        assert not SmokeRun.objects.exists()

    def test_that_fails_like_the_one_before_is_the_same_incident(self):
        for days in range(2):
            with time_machine.travel(NIGHT + timedelta(days=days), tick=False):
                due.make_due()

        incident = Incident.objects.get(kind=Incident.Kind.SMOKE_FAILED)
        assert (incident.times_seen, incident.closed_at) == (2, None)
        assert "cannot be reached" in incident.text
        assert f"/observability/smokerun/{SmokeRun.objects.latest('pk').pk}/" in incident.text

    def test_stands_in_the_schedule(self):
        task = PeriodicTask.objects.get(name=SMOKE)

        assert (task.task, task.crontab.hour, task.crontab.minute) == (
            "observability.smoke_eval",
            "1",
            "0",
        )


@pytest.mark.django_db
class TestAClaim:
    def test_is_had_by_one(self):
        asked, _ = runs.request("admin")

        assert runs.take(timezone.now()) == asked
        assert runs.take(timezone.now()) is None

    def test_is_lost_to_whoever_ended_the_run_meanwhile(self):
        runs.request("admin")
        run = runs.take(TODAY)
        assert run is not None
        runs.hold(run, TODAY)
        runs.end_abandoned(TODAY + runs.CLAIM)

        with pytest.raises(runs.Lost):
            runs.hold(run, TODAY)

    @pytest.mark.usefixtures("smoke_rows")
    def test_of_a_worker_that_died_ends_as_aborted_and_staff_hear_of_it(self):
        runs.request("admin")
        run = runs.take(TODAY)
        ApiToken.objects.create(
            name=f"smoke evaluation {run.pk}",
            user=make_user("guest"),
            organisation=_organisation(),
            digest="x",
            last_four="xxxx",
            source="smoke",
        )

        with time_machine.travel(TODAY + runs.CLAIM, tick=False):
            due.make_due()

        run.refresh_from_db()
        assert (run.status, run.verdict) == ("ended", "aborted")
        assert ApiToken.objects.get().revoked_at is not None
        assert Incident.objects.get(kind=Incident.Kind.SMOKE_FAILED).closed_at is None

    @pytest.mark.usefixtures("smoke_rows")
    def test_of_one_that_died_is_no_news_where_a_later_run_has_passed(self):
        with time_machine.travel(TODAY, tick=False) as clock:
            died = runs.begin("command")
            clock.shift(timedelta(minutes=1))
            passed = runs.begin("command")
            passed.verdict = "passed"
            runs.end(passed)
            clock.shift(runs.CLAIM)

            due.make_due()

        died.refresh_from_db()
        assert died.verdict == "aborted"
        assert not Incident.objects.exists()


@pytest.mark.usefixtures("smoke_rows", "nobody_there")
class TestTheCommandWithoutAWorker:
    def run(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit):
            call_command("smoke_eval", *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    def test_mails_staff(self, mailbox):
        Recipient.objects.create(email="ops@example.org")

        _, err = self.run()

        (told,) = mailbox.messages
        assert told["Subject"].startswith("[Chatcore] The smoke evaluation failed")
        assert err == ""

    def test_says_whom_it_could_not_mail_and_why(self, mailbox):
        mailbox.trouble = "refuse address for now"
        Recipient.objects.create(email="ops@example.org")

        _, err = self.run()

        (line,) = err.splitlines()
        assert line.startswith("The mail to ops@example.org could not go out")
        assert "4" in line

    def test_says_that_nobody_is_told(self, mailbox):
        _, err = self.run()

        assert err.startswith("Nobody was mailed: nobody receives the weekly rollup")

    def test_ends_what_broke_off(self, mailbox):
        with time_machine.travel(TODAY - runs.CLAIM, tick=False):
            died = runs.begin("command")

        self.run()

        died.refresh_from_db()
        assert died.verdict == "aborted"

    def test_says_nothing_of_this_site_where_it_asks_another(self, settings):
        elsewhere = f"http://127.0.0.1:{free_port()}"

        out, err = self.run("--base-url", elsewhere)

        assert "no incident begins or ends with this run" in out
        assert err == ""
        assert not Incident.objects.exists()


def _organisation():
    return Organisation.objects.create(name="Guests")
