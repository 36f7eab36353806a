"""`manage.py weekly_rollup`: say what a week came to, and with `--send` mail it to whoever was not yet."""

from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from observability.models import Delivery, WeeklyRollup
from observability.rollup import job, making, weeks
from observability.rollup.kept import mail_of
from observability.rollup.sending import NO_SERVER
from observability.rollup.words import counted
from observability.smtp import is_set_up


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
        week_ending = _meant(options["week_ending"], now)
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
        """Raises CommandError where a recipient has not, or perhaps not, got it."""
        deliveries = job.send_now(week_ending, now=now)
        if deliveries and not is_set_up():
            raise CommandError(NO_SERVER)
        for delivery in deliveries:
            whose = delivery.rollup.organisation or "all organisations"
            why = f" {delivery.trouble}" if delivery.trouble else ""
            self.stderr.write(
                f"{delivery.email} ({whose}): {delivery.get_state_display().lower()}.{why}"
            )
        if not deliveries:
            raise CommandError("Nobody is on the list of recipients; staff keep it in the admin.")
        if others := [one for one in deliveries if one.state != Delivery.State.SENT]:
            raise CommandError(
                f"{counted(len(others), 'mail')} of {len(deliveries)} not surely sent."
            )


def _meant(wanted: str | None, now: datetime) -> date:
    """The week that is meant. Raises CommandError for what is none, or has not begun."""
    last = weeks.last_ended(now)
    if wanted is None:
        return last
    try:
        day = datetime.strptime(wanted, "%Y-%m-%d").date()
    except ValueError:
        raise CommandError(
            f"--week-ending is not usable: expected a Sunday such as {last}, got {wanted!r}"
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
