from importlib import import_module

from django.apps import AppConfig


class ChatcoreConfig(AppConfig):
    name = "chatcore"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Have the checks known."""
        import_module("chatcore.checks")
