from importlib import import_module

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from chatcore.db.pool import replace_dead
from routing.signals import key_checked, policy_published


class ChatcoreConfig(AppConfig):
    name = "chatcore"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Have the checks known, dead connections replaced, and hear of tests of keys and of policy versions."""
        import_module("chatcore.checks")
        connection_created.connect(replace_dead, dispatch_uid="chatcore")
        probing = import_module("chatcore.maintenance.probing")
        key_checked.connect(probing.on_key_checked, dispatch_uid="chatcore")
        learning = import_module("chatcore.maintenance.learning")
        policy_published.connect(learning.on_policy_published, dispatch_uid="chatcore")
