"""The Celery application: its tasks live in each app's `tasks` module."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")

app = Celery("chatcore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
