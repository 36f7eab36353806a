"""Seals every provider key with the newest sealing key, so that the older ones can be dropped."""

from typing import Any

from django.core.management.base import BaseCommand

from routing.models import ProviderKey
from routing.secrets import DoesNotOpen
from routing.services import credentials


class Command(BaseCommand):
    help = (
        "Seal the provider keys anew after a key was put in front of SEALING_KEYS. May be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reseal each key in a transaction of its own: an interrupted run can be run again."""
        done = 0
        failed = []
        for key in ProviderKey.objects.select_related("provider").order_by("id"):
            try:
                done += credentials.reseal_key(key)
            except DoesNotOpen as error:
                failed.append(f"{key}: {error}")
        self.stdout.write(f"{done} keys sealed anew.")
        if failed:
            self.stderr.write("\n".join(failed))
            raise SystemExit(1)
