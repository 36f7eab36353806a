"""Daily jobs run once a day, also on a machine that is off at their time."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django_celery_beat.models import PeriodicTask

from chatcore.maintenance.daily import REST, DailyJob, run_overdue
from chatcore.maintenance.job_runs import QUIET_FOR, is_quiet, recorded
from chatcore.maintenance.schedules import every_day
from chatcore.models import JobRun

NAME, TASK = "Water the plants", "tests.water"
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


class Plants:
    """A job that can fail, and knows how often it ran."""

    def __init__(self) -> None:
        self.watered = 0
        self.dry = False
        self.job = DailyJob(name=NAME, task=TASK, at=time(3, 30), run=self._water)

    def _water(self, now: datetime) -> None:
        if self.dry:
            raise OSError("no water")
        self.watered += 1

    def look(self, now: datetime) -> int:
        """A sweep at this time; gives how often the job has run since the beginning."""
        run_overdue([self.job], now=now)
        return self.watered


@pytest.fixture
def plants(db) -> Plants:
    every_day(NAME, TASK, time(3, 30))
    return Plants()


class TestADailyJob:
    def test_that_was_missed_at_night_runs_at_the_first_sweep_of_the_day(self, plants: Plants):
        plants.look(NOON - timedelta(days=1))

        assert plants.look(NOON) == 2

    def test_runs_once_a_day(self, plants: Plants):
        assert [plants.look(NOON + timedelta(minutes=n)) for n in range(3)] == [1, 1, 1]

    def test_waits_for_its_time(self, plants: Plants):
        plants.look(NOON)
        tomorrow = NOON.replace(day=1, month=12)

        assert plants.look(tomorrow.replace(hour=3, minute=29)) == 1
        assert plants.look(tomorrow.replace(hour=3, minute=30)) == 2

    def test_that_failed_is_tried_again_after_a_rest(self, plants: Plants):
        plants.dry = True
        plants.look(NOON)
        plants.dry = False

        assert plants.look(NOON + REST - timedelta(seconds=1)) == 0
        assert plants.look(NOON + REST) == 1

    def test_whose_worker_died_is_done_by_another_after_an_hour(self, plants: Plants):
        JobRun.objects.create(task=TASK, claimed_until=NOON + timedelta(hours=1))

        assert plants.look(NOON) == 0
        assert plants.look(NOON + timedelta(hours=1)) == 1

    def test_that_staff_switched_off_does_not_run(self, plants: Plants):
        PeriodicTask.objects.filter(name=NAME).update(enabled=False)

        assert plants.look(NOON) == 0

    def test_that_fails_does_not_keep_the_next_from_running(self, plants: Plants):
        every_day("Feed the cat", "tests.feed", time(3, 30))
        fed: list[datetime] = []
        plants.dry = True

        run_overdue(
            [
                plants.job,
                DailyJob(name="Feed the cat", task="tests.feed", at=time(3, 30), run=fed.append),
            ],
            now=NOON,
        )

        assert fed == [NOON]


class TestAJobsRun:
    def test_says_when_it_began_and_ended(self, plants: Plants):
        plants.look(NOON)

        run = JobRun.objects.get(task=TASK)
        assert run.started_at is not None
        assert run.ended_at is not None
        assert run.ended_at >= run.started_at
        assert run.error == ""

    def test_names_the_class_of_what_it_failed_with(self, plants: Plants):
        plants.dry = True
        plants.look(NOON)

        assert JobRun.objects.get(task=TASK).error == "OSError"


@pytest.mark.django_db
class TestTheJobOfEveryMinute:
    def test_is_quiet_when_it_never_ran(self):
        assert is_quiet(TASK, now=NOON)

    def test_is_quiet_when_it_has_not_begun_for_minutes(self):
        with recorded(TASK):
            pass
        began = JobRun.objects.get(task=TASK).started_at
        assert began is not None

        assert not is_quiet(TASK, now=began + QUIET_FOR)
        assert is_quiet(TASK, now=began + QUIET_FOR + timedelta(seconds=1))

    def test_is_not_quiet_while_it_is_at_work_for_long(self):
        with recorded(TASK):
            began = JobRun.objects.get(task=TASK).started_at
            assert began is not None

            assert not is_quiet(TASK, now=began + timedelta(hours=1))
