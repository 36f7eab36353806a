"""Has the worker learn what staff published, at once instead of within a minute."""

import logging
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

from chatcore.maintenance.background import SWEEP

logger = logging.getLogger(__name__)
EXPIRES_S = 60


def on_policy_published(**kwargs: Any) -> None:
    """Wake the worker. Where its queue is out of reach, the next sweep learns what is new."""
    try:
        current_app.send_task(SWEEP, retry=False, expires=EXPIRES_S)
    except OperationalError as error:
        logger.warning("The worker is told of a new policy version later: %s", type(error).__name__)
