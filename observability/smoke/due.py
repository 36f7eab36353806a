"""What has the worker to do about the evaluation? Found from rows, so that a lost message costs a minute."""

import logging

from django.conf import settings
from django.utils import timezone

from chatcore.maintenance.schedules import is_on
from observability.models import SmokeResult
from observability.schedules import SMOKE
from observability.smoke import claims, guest
from observability.smoke.evaluation import evaluate
from observability.smoke.outcome import notice

logger = logging.getLogger(__name__)


def make_due() -> None:
    """End what broke off, ask for the night's run when its time has come, make what waits."""
    end_abandoned()
    if is_on(SMOKE):
        claims.ask_for_tonight(timezone.now())
    while _make_next():
        pass


def end_abandoned() -> None:
    """End what broke off; staff hear of it unless a run that began later has passed."""
    for run in claims.abandoned(timezone.now()):
        guest.see_out(run)
        if not claims.has_passed_since(run):
            notice(run)


def _make_next() -> bool:
    """Make the run that waits longest; whether there was one."""
    run = claims.take(timezone.now())
    if run is None:
        return False
    try:
        evaluate(run, base_url=settings.SITE_URL, tell=_nobody)
    except claims.Lost:
        logger.warning("%s took too long and was ended by another worker", run)
        return True
    except Exception:
        notice(run)
        raise
    notice(run)
    return True


def _nobody(result: SmokeResult) -> None:
    """Staff read it in the admin."""
