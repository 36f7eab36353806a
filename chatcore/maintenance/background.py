"""Says what is wrong with the worker and the clock. People can chat without them; much else waits."""

from django.utils import timezone

from chatcore.maintenance.job_runs import is_quiet
from chatcore.models import ServerProcess
from chatcore.turns import processes

Kind = ServerProcess.Kind
SWEEP = "chatcore.sweep"
NO_WORKER = "no worker is running: summaries, reports, mails and the nightly jobs wait"
NO_CLOCK = "no clock (celery beat) is running: nothing wakes the worker"
STUCK = "the worker and the clock are running, but no job has begun for minutes"


def problems() -> dict[str, str]:
    """The part that is missing -> the problem in words; nothing where all is well."""
    found = {}
    if not processes.alive(Kind.WORKER):
        found["worker"] = NO_WORKER
    if not processes.alive(Kind.BEAT):
        found["clock"] = NO_CLOCK
    if not found and is_quiet(SWEEP, now=timezone.now()):
        found["jobs"] = STUCK
    return found
