"""The Celery application: its tasks live in each app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")

app = Celery("chatcore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**kwargs: Any) -> None:
    """Somebody listens: so Celery sets up no logging of its own, and the settings' stays."""
