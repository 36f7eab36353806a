"""Who hears of a run that did not pass? Staff, once: until one passes, it is the same trouble."""

from django.conf import settings
from django.urls import reverse

from observability.alerts import close_incident, raise_incident
from observability.models import Incident, SmokeResult, SmokeRun
from observability.smoke import report

SUBJECT = "smoke evaluation"


def notice(run: SmokeRun) -> None:
    """Raise what a run shows, or end it."""
    if run.verdict == SmokeRun.Verdict.PASSED:
        close_incident(kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, because=f"{run} passed.")
    else:
        raise_incident(kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, text=_text(run))


def _text(run: SmokeRun) -> str:
    failed = run.results.filter(verdict=SmokeResult.Verdict.FAILED)
    page = reverse("admin:observability_smokerun_change", args=[run.pk])
    lines = [
        *report.summary(run),
        *(report.sentence(result) for result in failed),
        f"All of it: {settings.HOUSE_URL}{page}",
    ]
    return "\n".join(lines)
