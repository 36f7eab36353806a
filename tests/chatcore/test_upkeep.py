"""What the worker removes, when it runs, and what a start makes."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from chatcore.celery import app
from chatcore.maintenance import purging
from chatcore.maintenance.schedules import make_schedules
from chatcore.models import Thread, Turn
from tests.factories import make_thread, make_turn


def deleted(owner, days: float) -> Thread:
    thread = make_thread(owner, deleted_at=timezone.now() - timedelta(days=days))
    make_turn(thread)
    return thread


class TestThePurge:
    def test_removes_threads_deleted_a_month_ago_with_their_turns(self, alice):
        deleted(alice, days=30.1)

        assert purging.purge(now=timezone.now()) == 1
        assert not Turn.objects.exists()

    def test_leaves_those_deleted_since(self, alice):
        deleted(alice, days=29.9)

        assert purging.purge(now=timezone.now()) == 0

    def test_leaves_those_that_nobody_deleted(self, alice):
        make_thread(alice)

        assert purging.purge(now=timezone.now()) == 0

    def test_goes_on_until_all_batches_are_done(self, alice):
        for _ in range(purging.BATCH + 1):
            deleted(alice, days=31)

        assert purging.purge(now=timezone.now()) == purging.BATCH + 1

    def test_asks_the_database_as_often_for_many_threads_as_for_few(self, alice):
        def queries(threads: int) -> int:
            for _ in range(threads):
                deleted(alice, days=31)
            # So old that nobody makes up for their missing records, one by one.
            Turn.objects.update(created_at=timezone.now() - timedelta(days=3 * 366))
            with CaptureQueriesContext(connection) as caught:
                assert purging.purge(now=timezone.now()) == threads
            return len(caught)

        assert queries(2) == queries(20)

    def test_removes_expired_sessions_only(self, db):
        now = timezone.now()
        for name, expires in (("old", -1), ("new", 1)):
            Session.objects.create(
                session_key=name, session_data="", expire_date=now + timedelta(hours=expires)
            )

        purging.purge(now=now)

        assert [session.session_key for session in Session.objects.all()] == ["new"]


@pytest.mark.django_db
class TestTheSchedules:
    def test_name_tasks_that_the_worker_knows(self):
        make_schedules()
        app.loader.import_default_modules()

        assert {task.task for task in PeriodicTask.objects.all()} <= set(app.tasks)

    def test_leave_what_staff_switched_off(self):
        make_schedules()
        PeriodicTask.objects.update(enabled=False)

        make_schedules()

        assert not PeriodicTask.objects.filter(enabled=True).exists()
        assert PeriodicTask.objects.count() == 2


@pytest.mark.django_db
def test_seeding_makes_jobs_and_demo_accounts(tmp_path, settings, monkeypatch):
    monkeypatch.delenv("CHATCORE_DEMO_PASSWORD", raising=False)
    settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
    settings.ENV_BASE_URLS = {}

    call_command("seed", "--demo-logins", tmp_path / "logins")

    assert PeriodicTask.objects.exists()
    assert (tmp_path / "logins").exists()
