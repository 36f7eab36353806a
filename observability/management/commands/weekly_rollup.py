"""`manage.py weekly_rollup`: print a week's rollup, and with `--send` mail it to whoever has not got it."""

from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatcore.mail.outbox import NO_SERVER
from chatcore.mail.smtp import is_set_up
from chatcore.models import OutgoingMail
from observability.models import WeeklyRollup
from observability.rollup import job, making, weeks
from observability.rollup.storage import mail_of
from observability.wording import counted


class Command(BaseCommand):
    help = (
        "Print the rollup of the seven days that end at a Sunday 00:00 UTC, made from the records "
        "and stored. With --send, mail it to every recipient who was not sent it before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--week-ending",
            metavar="YYYY-MM-DD",
            help=(
                "The Sunday after the week, e.g. 2026-11-22; else the last one that has come. "
                "A week that is not over is reported so far."
            ),
        )
        parser.add_argument("--send", action="store_true", help="Mail it; each address once ever.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        week_ending = _week_ending(options["week_ending"], now)
        rollup = self._current(week_ending, now)
        self.stdout.write(mail_of(rollup).text)
        if options["send"]:
            self._send(week_ending, now)

    def _current(self, week_ending: date, now: datetime) -> WeeklyRollup:
        """The rollup of all, made or brought up to date."""
        known = making.stored(week_ending, None) is not None
        rollup = making.make(week_ending, None, now=now)
        if known:
            self.stderr.write(making.remake(rollup, now=now))
        return rollup

    def _send(self, week_ending: date, now: datetime) -> None:
        """Send the week's rollups. Raises CommandError where one has not, or perhaps not, arrived."""
        mails = [
            (rollup, mail)
            for rollup in job.send_now(week_ending, now=now)
            for mail in rollup.mails.all()
        ]
        if not mails:
            raise CommandError("Nobody is on the list of recipients; staff keep it in the admin.")
        if not is_set_up():
            raise CommandError(NO_SERVER)
        for rollup, mail in mails:
            whose = rollup.organisation or "all organisations"
            status = f"{mail.get_status_display().lower()}. {mail.trouble}".strip()
            self.stderr.write(f"{mail.address} ({whose}): {status}")
        unsent = sum(mail.status != OutgoingMail.Status.SENT for _, mail in mails)
        if unsent:
            raise CommandError(f"{counted(unsent, 'mail')} of {len(mails)} not surely sent.")


def _week_ending(given: str | None, now: datetime) -> date:
    """Read the option. Raises CommandError for what is no week, or one that has not begun."""
    last = weeks.last_ended(now)
    if given is None:
        return last
    try:
        day = datetime.strptime(given, "%Y-%m-%d").date()
    except ValueError:
        raise CommandError(
            f"--week-ending is not usable: expected a Sunday such as {last}, got {given!r}"
        ) from None
    if day.weekday() != weeks.SUNDAY:
        raise CommandError(
            f"--week-ending is not usable: a week ends at a Sunday, and {day} is a {day:%A}"
        )
    if not weeks.LONG_AGO.date() < day <= last + weeks.WEEK:
        raise CommandError(
            f"--week-ending is not usable: the week that ends at {day} has not begun, or was long ago"
        )
    return day
