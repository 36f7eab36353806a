"""Each recipient is sent a week's rollup once, whatever becomes of the clock, the server and the worker."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from observability.models import Delivery, WeeklyRollup
from observability.rollup import claims, job
from observability.rollup.making import make, remake
from observability.rollup.report import load
from observability.schedules import ROLLUP
from observability.tasks import sweep, weekly_rollup
from tests.observability.records import WEEK_ENDING, record
from tests.observability.sundays import DUE, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]
State = Delivery.State


def delivery() -> Delivery:
    return Delivery.objects.get()


class TestTheRollup:
    def test_is_made_and_mailed_at_two_on_sunday(self, clock, mailbox):
        record(1, "0.25")
        tell("ops@example.com")

        weekly_rollup()

        assert load(WeeklyRollup.objects.get().content).week.turns == 1
        (mail,) = mailbox.messages
        assert mail["To"] == "ops@example.com"
        assert "0.25" in mail.get_body(("plain",)).get_content()
        assert (delivery().state, delivery().sent_at) == (State.SENT, timezone.now())

    def test_is_not_made_before(self, clock, mailbox):
        clock.move_to(DUE - timedelta(seconds=1))
        record(1)
        tell("ops@example.com")

        weekly_rollup()

        assert [str(rollup.week_ending) for rollup in WeeklyRollup.objects.all()] == []
        assert mailbox.messages == []

    def test_is_found_by_the_sweep_when_its_message_was_lost(self, clock, mailbox):
        clock.move_to(DUE + timedelta(days=3))
        record(1)
        tell("ops@example.com")

        sweep()

        assert WeeklyRollup.objects.get().week_ending == WEEK_ENDING
        assert len(mailbox.messages) == 1

    def test_is_made_of_the_last_missed_week_only(self, clock, mailbox):
        record(-13)
        record(1)
        tell("ops@example.com")

        sweep()

        assert WeeklyRollup.objects.get().week_ending == WEEK_ENDING

    def test_is_not_made_of_a_week_before_the_site_was_there(self, clock, mailbox):
        tell("ops@example.com")
        record(7.05)

        sweep()

        assert not WeeklyRollup.objects.exists()

    def test_is_not_made_when_staff_switched_it_off(self, clock, mailbox):
        PeriodicTask.objects.filter(name=ROLLUP).update(enabled=False)
        record(1)
        tell("ops@example.com")

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
        tell("ops@example.com")

        for _ in range(3):
            weekly_rollup()
            sweep()

        assert len(mailbox.messages) == 1

    def test_that_was_printed_before_it_was_due_is_mailed_up_to_date(self, clock, mailbox):
        clock.move_to(DUE - timedelta(minutes=115))
        record(1)
        tell("ops@example.com")
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
        tell("ops@example.com")
        job.send_now(WEEK_ENDING, now=timezone.now())
        record(6.99)
        clock.move_to(DUE + timedelta(seconds=20))

        weekly_rollup()

        assert [load(row.content).week.turns for row in WeeklyRollup.objects.all()] == [1]
        assert len(mailbox.messages) == 1

    def test_comes_every_week(self, clock, mailbox):
        record(1)
        tell("ops@example.com")
        weekly_rollup()
        clock.shift(timedelta(days=7))

        weekly_rollup()

        assert len(mailbox.messages) == 2
        assert len({mail["Message-ID"] for mail in mailbox.messages}) == 2


class TestAMailThatWasRefused:
    def test_for_good_is_given_up_and_told(self, clock, mailbox):
        mailbox.trouble = "refuse address"
        record(1)
        tell("gone@example.com")

        weekly_rollup()
        sweep()

        assert (delivery().state, delivery().tries) == (State.FAILED, 1)
        assert delivery().trouble == "The mail server refused the address (550)."

    @pytest.mark.parametrize("trouble", ["refuse address for now", "refuse mail for now"])
    def test_for_now_is_tried_again_after_a_pause(self, clock, mailbox, trouble):
        mailbox.trouble = trouble
        record(1)
        tell("ops@example.com")
        weekly_rollup()
        assert (delivery().state, mailbox.messages) == (State.WAITING, [])

        mailbox.trouble = ""
        clock.shift(timedelta(minutes=4))
        sweep()
        assert mailbox.messages == []
        clock.shift(timedelta(minutes=1))
        sweep()

        assert len(mailbox.messages) == 1
        assert (delivery().state, delivery().trouble, delivery().tries) == (State.SENT, "", 2)

    def test_again_and_again_is_given_up(self, clock, mailbox):
        mailbox.trouble = "refuse mail for now"
        record(1)
        tell("ops@example.com")

        for _ in range(10):
            sweep()
            clock.shift(timedelta(hours=13))

        assert (delivery().state, delivery().tries) == (State.FAILED, 6)
        assert len(mailbox.addresses) == 6

    def test_because_of_who_sends_it_waits_until_staff_have_mended_that(self, clock, mailbox):
        mailbox.trouble = "refuse sender"
        record(1)
        tell("a@example.com")
        tell("b@example.com")
        weekly_rollup()

        # It is not the addresses' fault, and the second would have met the same.
        assert sorted(Delivery.objects.values_list("state", "tries")) == [
            (State.WAITING, 0),
            (State.WAITING, 1),
        ]
        mailbox.trouble = ""
        clock.shift(timedelta(minutes=6))
        sweep()
        assert len(mailbox.messages) == 2

    def test_by_nobody_at_all_waits_for_the_server(self, clock, mailbox, settings):
        settings.EMAIL_PORT = 1
        record(1)
        tell("a@example.com")
        tell("b@example.com")

        weekly_rollup()

        # The second was not even tried: it would meet the same silence.
        assert sorted(Delivery.objects.values_list("tries", flat=True)) == [0, 1]
        assert "could not be reached" in Delivery.objects.get(tries=1).trouble


class TestAMailThatMayHaveArrived:
    @pytest.fixture(autouse=True)
    def _dropped(self, clock, mailbox) -> None:
        mailbox.trouble = "drop after mail"
        record(1)
        tell("ops@example.com")
        weekly_rollup()
        mailbox.trouble = ""

    def test_is_uncertain_and_says_why(self, mailbox):
        assert delivery().state == State.UNCERTAIN
        assert delivery().trouble == "The mail server had the whole mail and did not answer."
        assert len(mailbox.messages) == 1

    def test_is_never_repeated_by_itself(self, clock, mailbox):
        for _ in range(3):
            clock.shift(timedelta(hours=30))
            sweep()

        assert (delivery().state, len(mailbox.messages)) == (State.UNCERTAIN, 1)

    def test_is_repeated_when_staff_ask_for_it_and_can_be_known_as_the_same(self, clock, mailbox):
        assert claims.send_again(Delivery.objects.all(), now=timezone.now()) == 1
        sweep()

        first, second = mailbox.messages
        assert first["Message-ID"] == second["Message-ID"]
        assert delivery().state == State.SENT


class TestAClaim:
    @pytest.fixture
    def waiting(self, clock) -> Delivery:
        record(1)
        tell("ops@example.com")
        rollup = make(WEEK_ENDING, None, now=timezone.now())
        job.plan(rollup, told_by=DUE, now=timezone.now())
        return delivery()

    def test_is_had_by_one(self, waiting):
        now = timezone.now()

        assert claims.take(waiting, now=now) is not None
        assert claims.take(Delivery.objects.get(), now=now) is None

    def test_that_ran_out_before_the_mail_was_handed_over_is_taken_over(
        self, waiting, clock, mailbox
    ):
        lost = claims.take(waiting, now=timezone.now())
        assert lost is not None
        clock.shift(claims.LEASE + timedelta(seconds=1))

        sweep()

        assert (delivery().state, len(mailbox.messages)) == (State.SENT, 1)
        assert not claims.hand_over(lost, now=timezone.now())  # too late for whoever slept

    def test_that_ran_out_while_it_was_handed_over_leaves_it_uncertain(
        self, waiting, clock, mailbox
    ):
        slow = claims.take(waiting, now=timezone.now())
        assert slow is not None
        assert claims.hand_over(slow, now=timezone.now())
        clock.shift(claims.LEASE + timedelta(seconds=1))

        sweep()

        assert (delivery().state, mailbox.messages) == (State.UNCERTAIN, [])
        assert "killed" in delivery().trouble
        claims.note_sent(slow, now=timezone.now())  # it was only slow
        assert (delivery().state, delivery().trouble) == (State.SENT, "")


class TestASiteWithoutAMailServer:
    def test_keeps_its_mails_until_there_is_one(self, clock, mailbox, settings):
        smtp = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        record(1)
        tell("ops@example.com")
        weekly_rollup()
        assert (delivery().state, delivery().tries) == (State.WAITING, 0)
        assert "EMAIL_URL" in delivery().trouble

        settings.EMAIL_BACKEND = smtp
        sweep()
        assert (delivery().state, delivery().trouble) == (State.SENT, "")

    def test_gives_up_what_is_news_no_longer(self, clock, mailbox, settings):
        smtp = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        record(1)
        tell("ops@example.com")
        weekly_rollup()

        settings.EMAIL_BACKEND = smtp
        clock.shift(timedelta(days=7))
        sweep()

        assert [mail["Message-ID"].split(".")[1] for mail in mailbox.messages] == ["2026-11-29"]
        assert Delivery.objects.get(rollup__week_ending=WEEK_ENDING).state == State.FAILED


class TestAStoredRollup:
    def test_is_brought_up_to_date_until_a_mail_is_out(self, clock, mailbox):
        record(1)
        tell("ops@example.com")
        rollup = make(WEEK_ENDING, None, now=timezone.now())
        assert "still say the same" in remake(rollup, now=timezone.now())

        record(2)
        assert "brought up to date" in remake(rollup, now=timezone.now())
        assert load(WeeklyRollup.objects.get().content).week.turns == 2

    def test_stays_as_it_was_mailed(self, clock, mailbox):
        record(1)
        tell("ops@example.com")
        weekly_rollup()
        record(2)

        rollup = WeeklyRollup.objects.get()
        assert "stays as it was sent" in remake(rollup, now=timezone.now())
        assert load(WeeklyRollup.objects.get().content).week.turns == 1

    def test_is_of_all_or_of_one_organisation_and_made_once_of_each(self, clock, acme):
        record(1, organisation_id=acme.pk)

        made = {make(WEEK_ENDING, scope, now=timezone.now()).pk for scope in [None, acme.pk] * 2}

        assert len(made) == 2
