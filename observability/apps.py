from importlib import import_module
from typing import Any

from django.apps import AppConfig

from observability.telemetry import is_wanted


class ObservabilityConfig(AppConfig):
    name = "observability"
    verbose_name = "Observability"

    def ready(self) -> None:
        """Begin to listen, now that every model is there."""
        for name in ("receivers", "schedules", "smoke.seeding", "rollup.recipients"):
            import_module(f"observability.{name}").connect()
        if is_wanted():
            import_module("observability.telemetry.process").connect()

    def watch_asgi(self, application: Any) -> Any:
        """A span around each connection, where anybody listens. The ASGI application asks for it."""
        if not is_wanted():
            return application
        return import_module("observability.telemetry.libraries").watch(application)
