from importlib import import_module
from typing import Any

from django.apps import AppConfig

from observability.telemetry import is_enabled

CONNECTED = (
    "receivers",
    "schedules",
    "alerts.mails",
    "rollup.delivery",
    "rollup.recipients",
    "smoke.seeding",
)
"""The modules that listen to the chat's signals or write mails."""


class ObservabilityConfig(AppConfig):
    name = "observability"
    verbose_name = "Observability"

    def ready(self) -> None:
        """Connect what listens to the chat, now that every model is there."""
        for name in CONNECTED:
            import_module(f"observability.{name}").connect()
        if is_enabled():
            import_module("observability.telemetry.process").connect()

    def watch_asgi(self, application: Any) -> Any:
        """Wrap the ASGI application, which calls this, so that each connection has a span."""
        if not is_enabled():
            return application
        return import_module("observability.telemetry.libraries").watch(application)
