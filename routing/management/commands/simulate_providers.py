"""`manage.py simulate_providers`: runs a server that plays the four vendors, for drills and trials."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from routing.simulator.runner import run


class Command(BaseCommand):
    """The simulator as a Django command; the same as `python -m routing.simulator`."""

    help = "Serve all four vendors on one port; the model's name picks what happens."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8100)

    def handle(self, *args: Any, **options: Any) -> None:
        run(options["host"], options["port"], self._say)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
