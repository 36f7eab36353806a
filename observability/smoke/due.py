"""Makes the evaluation's runs that are due; found from rows, so that a lost message costs a minute."""

import logging

from django.conf import settings
from django.utils import timezone

from chatcore.maintenance.schedules import is_on
from observability.models import SmokeResult
from observability.schedules import SMOKE
from observability.smoke import runs, service_account
from observability.smoke.evaluation import evaluate
from observability.smoke.incident import notice

logger = logging.getLogger(__name__)


def make_due() -> None:
    """End what broke off, queue the night's run when its time has come, make what is queued."""
    end_abandoned()
    if is_on(SMOKE):
        runs.request_nightly(timezone.now())
    while _make_next():
        pass


def end_abandoned() -> None:
    """End what broke off; that is an incident unless a run that began later has passed."""
    for run in runs.end_abandoned(timezone.now()):
        service_account.cleanup(run)
        if not runs.has_passed_since(run):
            notice(run)


def _make_next() -> bool:
    """Make the run that was queued first; whether there was one."""
    run = runs.take(timezone.now())
    if run is None:
        return False
    try:
        evaluate(run, base_url=settings.SITE_URL, on_result=_ignore)
    except runs.Lost:
        logger.warning("%s took too long and was ended by another worker", run)
        return True
    except Exception:
        notice(run)
        raise
    notice(run)
    return True


def _ignore(result: SmokeResult) -> None:
    """Staff read it in the admin."""
