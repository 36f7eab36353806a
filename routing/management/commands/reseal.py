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
        opened = resealed = 0
        failed = []
        sealed = ProviderKey.objects.filter(source=ProviderKey.Source.SEALED)
        for key in sealed.select_related("provider").order_by("id"):
            try:
                resealed += credentials.reseal_key(key)
                opened += 1
            except DoesNotOpen as error:
                failed.append(f"{key}: {error}")
        self.stdout.write(f"Keys that open: {opened}; sealed anew: {resealed}.")
        if failed:
            self.stderr.write("\n".join(failed))
            raise SystemExit(1)
