"""The Celery application: its tasks live in each app's `tasks` module."""

import logging
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django.conf import settings
from django.utils.log import configure_logging

from chatcore.start import doors

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


@worker_init.connect
@beat_init.connect
def look_before_the_start(**kwargs: Any) -> None:
    """Refuse to start the worker or the clock where something of the site is missing."""
    doors.run_site()
