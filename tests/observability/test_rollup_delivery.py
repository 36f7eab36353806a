"""Each recipient is sent a week's rollup once, whatever becomes of the clock, the server and the worker."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from chatcore.mail import outbox
from chatcore.models import OutgoingMail
from observability.models import WeeklyRollup
from observability.rollup import job
from observability.rollup.delivery import TAKEN_OFF, TOO_LATE
from observability.rollup.making import make, remake
from observability.rollup.report import load
from observability.schedules import ROLLUP
from observability.tasks import sweep, weekly_rollup
from tests.observability.records import WEEK_ENDING, record
from tests.observability.sundays import DUE, add_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]
Status = OutgoingMail.Status


class TestTheRollup:
    def test_is_made_and_mailed_at_two_on_sunday(self, clock, mailbox):
        record(1, "0.25")
        add_recipient("ops@example.com")

        weekly_rollup()

        assert load(WeeklyRollup.objects.get().content).week.turns == 1
        (mail,) = mailbox.messages
        assert mail["To"] == "ops@example.com"
        assert "0.25" in mail.get_body(("plain",)).get_content()
        sent = OutgoingMail.objects.get()
        assert (sent.status, sent.sent_at) == (Status.SENT, timezone.now())

    def test_is_not_made_before(self, clock, mailbox):
        clock.move_to(DUE - timedelta(seconds=1))
        record(1)
        add_recipient("ops@example.com")

        weekly_rollup()

        assert [str(rollup.week_ending) for rollup in WeeklyRollup.objects.all()] == []
        assert mailbox.messages == []

    def test_is_found_by_the_sweep_when_its_message_was_lost(self, clock, mailbox):
        clock.move_to(DUE + timedelta(days=3))
        record(1)
        add_recipient("ops@example.com")

        sweep()

        assert WeeklyRollup.objects.get().week_ending == WEEK_ENDING
        assert len(mailbox.messages) == 1

    def test_is_made_of_the_last_missed_week_only(self, clock, mailbox):
        record(-13)
        record(1)
        add_recipient("ops@example.com")

        sweep()

        assert WeeklyRollup.objects.get().week_ending == WEEK_ENDING

    def test_is_not_made_of_a_week_before_the_site_was_there(self, clock, mailbox):
        add_recipient("ops@example.com")
        record(7.05)

        sweep()

        assert not WeeklyRollup.objects.exists()

    def test_is_not_made_when_staff_switched_it_off(self, clock, mailbox):
        PeriodicTask.objects.filter(name=ROLLUP).update(enabled=False)
        record(1)
        add_recipient("ops@example.com")

        weekly_rollup()
        sweep()

        assert not WeeklyRollup.objects.exists()

    def test_is_made_for_the_admin_when_there_is_nobody_to_mail_it_to(self, clock, mailbox):
        record(1)

        weekly_rollup()

        assert WeeklyRollup.objects.get().organisation is None
        assert mailbox.messages == []

    def test_comes_once_however_often_the_clock_strikes(self, clock, mailbox):
        record(1)
        add_recipient("ops@example.com")

        for _ in range(3):
            weekly_rollup()
            sweep()

        assert len(mailbox.messages) == 1

    def test_that_was_printed_before_it_was_due_is_mailed_up_to_date(self, clock, mailbox):
        clock.move_to(DUE - timedelta(minutes=115))
        record(1)
        add_recipient("ops@example.com")
        make(WEEK_ENDING, None, now=timezone.now())
        record(6.99)
        clock.move_to(DUE + timedelta(seconds=20))

        weekly_rollup()

        assert [load(row.content).week.turns for row in WeeklyRollup.objects.all()] == [2]
        (mail,) = mailbox.messages
        assert "2 turns" in mail["Subject"]
        assert "so far" not in mail["Subject"] + mail["Message-ID"]

    def test_that_was_mailed_before_it_was_due_stays_as_it_was_sent(self, clock, mailbox):
        clock.move_to(DUE - timedelta(minutes=115))
        record(1)
        add_recipient("ops@example.com")
        job.send_now(WEEK_ENDING, now=timezone.now())
        record(6.99)
        clock.move_to(DUE + timedelta(seconds=20))

        weekly_rollup()

        assert [load(row.content).week.turns for row in WeeklyRollup.objects.all()] == [1]
        assert len(mailbox.messages) == 1

    def test_comes_every_week(self, clock, mailbox):
        record(1)
        add_recipient("ops@example.com")
        weekly_rollup()
        clock.shift(timedelta(days=7))

        weekly_rollup()

        assert len(mailbox.messages) == 2
        assert len({mail["Message-ID"] for mail in mailbox.messages}) == 2


class TestAMail:
    def test_that_is_repeated_can_be_known_as_the_same(self, clock, mailbox):
        mailbox.trouble = "drop after mail"
        record(1)
        add_recipient("ops@example.com")
        weekly_rollup()
        mailbox.trouble = ""

        assert outbox.send_again(OutgoingMail.objects.all(), now=timezone.now()) == 1
        sweep()

        first, second = mailbox.messages
        assert first["Message-ID"] == second["Message-ID"]

    def test_is_given_up_when_it_is_news_no_longer(self, clock, mailbox, settings):
        smtp = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        record(1)
        add_recipient("ops@example.com")
        weekly_rollup()

        settings.EMAIL_BACKEND = smtp
        clock.shift(timedelta(days=7))
        sweep()

        assert [mail["Message-ID"].split(".")[1] for mail in mailbox.messages] == ["2026-11-29"]
        old = WeeklyRollup.objects.get(week_ending=WEEK_ENDING).mails.get()
        assert (old.status, old.trouble) == (Status.FAILED, TOO_LATE)

    def test_is_given_up_where_staff_took_its_address_off_the_list(self, clock, mailbox):
        mailbox.trouble = "refuse mail for now"
        record(1)
        recipient = add_recipient("ops@example.com")
        weekly_rollup()
        mailbox.trouble = ""
        recipient.delete()
        clock.shift(timedelta(hours=1))
        sweep()

        mail = OutgoingMail.objects.get()
        assert (mail.status, mail.trouble, mailbox.messages) == (Status.FAILED, TAKEN_OFF, [])


class TestAStoredRollup:
    def test_is_brought_up_to_date_until_a_mail_is_out(self, clock, mailbox):
        record(1)
        add_recipient("ops@example.com")
        rollup = make(WEEK_ENDING, None, now=timezone.now())
        assert "still say the same" in remake(rollup, now=timezone.now())

        record(2)
        assert "brought up to date" in remake(rollup, now=timezone.now())
        assert load(WeeklyRollup.objects.get().content).week.turns == 2

    def test_stays_as_it_was_mailed(self, clock, mailbox):
        record(1)
        add_recipient("ops@example.com")
        weekly_rollup()
        record(2)

        rollup = WeeklyRollup.objects.get()
        assert "stays as it was sent" in remake(rollup, now=timezone.now())
        assert load(WeeklyRollup.objects.get().content).week.turns == 1

    def test_is_of_all_or_of_one_organisation_and_made_once_of_each(self, clock, acme):
        record(1, organisation_id=acme.pk)

        made = {make(WEEK_ENDING, scope, now=timezone.now()).pk for scope in [None, acme.pk] * 2}

        assert len(made) == 2
