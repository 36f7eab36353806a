"""`manage.py smoke_eval`: ask a running site the evaluation's cases. Exits 0 only if all passed."""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from observability.alerts import mails
from observability.models import SmokeResult, SmokeRun
from observability.smoke import claims, due, outcome, report
from observability.smoke.evaluation import evaluate


class Command(BaseCommand):
    help = "Ask a running site the smoke evaluation's cases, in one conversation over HTTP."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base-url",
            default=settings.SITE_URL,
            metavar="URL",
            help=f"Where the site answers; else {settings.SITE_URL}.",
        )
        parser.add_argument(
            "--json", action="store_true", help="One JSON object on standard output, nothing else."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._as_json = options["json"]
        due.end_abandoned()
        base_url = _address(options["base_url"])
        run = claims.begin_at_once(SmokeRun.Trigger.COMMAND)
        results: list[SmokeResult] = []
        self._say(f"Smoke evaluation {run.pk} of {base_url}")
        try:
            evaluate(run, base_url=base_url, tell=lambda result: self._tell(result, results))
        except claims.Lost:
            raise CommandError(f"Another has ended this run: {claims.BROKE_OFF}") from None
        except Exception:
            self._tell_staff(run)
            raise
        if self._as_json:
            self.stdout.write(json.dumps(report.as_json(run, results), ensure_ascii=False))
        for line in report.summary(run):
            self._say(line)
        self._tell_staff(run)
        if run.verdict != SmokeRun.Verdict.PASSED:
            sys.exit(1)

    def _tell(self, result: SmokeResult, results: list[SmokeResult]) -> None:
        results.append(result)
        self._say(report.sentence(result))

    def _tell_staff(self, run: SmokeRun) -> None:
        """At once, for there may be no worker that would."""
        outcome.notice(run)
        if not outcome.is_of_this_site(run):
            self._say(
                f"This site's address is {settings.SITE_URL}: no incident begins or ends with this run."
            )
        mails.mail_incidents()
        for line in outcome.untold(run):
            self.stderr.write(line)

    def _say(self, line: str) -> None:
        if not self._as_json:
            self.stdout.write(line)
            self.stdout.flush()


def _address(given: str) -> str:
    address = given.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise CommandError(
            f"--base-url is not usable: expected an address such as http://127.0.0.1:8000, got {given!r}"
        )
    return address
