"""Make what a new installation needs; harmless where it is there already."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from chatcore.identity.demo import make_demo_accounts
from chatcore.maintenance.schedules import make_schedules
from chatcore.models import Retention
from chatcore.turns.signals import seeded
from routing.seeding import seed


class Command(BaseCommand):
    help = "Make the shipped providers, models, prices, intents, ladders and jobs that are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo-logins",
            type=Path,
            metavar="FILE",
            help="Also make the demo accounts, noted in FILE.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        seed()
        make_schedules()
        Retention.objects.get_or_create(pk=1)
        if options["demo_logins"]:
            make_demo_accounts(options["demo_logins"])
        seeded.send("chatcore")
