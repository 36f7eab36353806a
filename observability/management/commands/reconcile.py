"""Prove that every turn is recorded, and record what is missing."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from observability.reconcile import prove


class Command(BaseCommand):
    help = (
        "Compare every turn still kept with its records, and record those that have none. "
        "Exit code 1 where records say something else than their turn."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=datetime.fromisoformat,
            metavar="YYYY-MM-DD",
            help="Only turns that came since then (UTC).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = options["since"]
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        proof = prove(since=since)
        if proof.differing:
            raise CommandError(proof.in_words)
        self.stdout.write(proof.in_words)
