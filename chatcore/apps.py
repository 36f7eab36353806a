from importlib import import_module

from django.apps import AppConfig

from routing.signals import key_checked


class ChatcoreConfig(AppConfig):
    name = "chatcore"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Have the checks known, and hear of tests of keys."""
        import_module("chatcore.checks")
        probing = import_module("chatcore.maintenance.probing")
        key_checked.connect(probing.on_key_checked, dispatch_uid="chatcore")
