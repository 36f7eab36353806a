from importlib import import_module

from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "observability"
    verbose_name = "Observability"

    def ready(self) -> None:
        """Begin to listen, now that every model is there."""
        for name in ("receivers", "schedules"):
            import_module(f"observability.{name}").connect()
