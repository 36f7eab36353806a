from importlib import import_module

from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "observability"
    verbose_name = "Observability"

    def ready(self) -> None:
        """Begin to listen, now that every model is there."""
        receivers = import_module("observability.receivers")
        receivers.connect()
