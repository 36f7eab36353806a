"""Staff and `/readyz` are told when nothing runs the jobs."""

import pytest
from django.test import Client
from django.utils import timezone

from chatcore.maintenance.background import NO_CLOCK, NO_WORKER, STUCK, SWEEP, problems
from chatcore.maintenance.job_runs import recorded
from chatcore.models import JobRun, ServerProcess

Kind = ServerProcess.Kind


def start(kind: str) -> None:
    now = timezone.now()
    ServerProcess.objects.create(kind=kind, started_at=now, seen_at=now)


@pytest.mark.django_db
class TestTheBackground:
    def test_lacks_worker_and_clock_where_neither_runs(self):
        assert problems() == {"worker": NO_WORKER, "clock": NO_CLOCK}

    def test_lacks_the_one_that_has_died(self):
        start(Kind.WORKER)

        assert problems() == {"clock": NO_CLOCK}

    def test_is_stuck_where_both_run_and_no_job_begins(self):
        start(Kind.WORKER)
        start(Kind.BEAT)
        JobRun.objects.filter(task=SWEEP).delete()

        assert problems() == {"jobs": STUCK}

    def test_is_well_while_jobs_run(self):
        start(Kind.WORKER)
        start(Kind.BEAT)
        with recorded(SWEEP):
            pass

        assert problems() == {}


def test_the_jobs_page_says_that_no_worker_runs(staff):
    browser = Client()
    browser.force_login(staff)

    page = browser.get("/admin/django_celery_beat/periodictask/").content.decode()

    assert "No worker is running" in page
