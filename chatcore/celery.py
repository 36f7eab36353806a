"""The Celery application: its tasks live in each app's `tasks` module."""

import logging
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.utils.log import configure_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")

app = Celery("chatcore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Before Celery's first word, which comes before it sets Django up.
configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
logging.captureWarnings(True)


@setup_logging.connect
def keep_logging(**kwargs: Any) -> None:
    """Somebody listens: so Celery sets up no logging of its own, and the settings' stays."""
    sys.__stdout__ = None  # type: ignore[misc]  # past all logging, it says there that it ends
