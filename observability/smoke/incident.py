"""Raises an incident for a run that did not pass, and closes it when one passes."""

from django.conf import settings
from django.urls import reverse

from chatcore.models import OutgoingMail
from observability.alerts import close_incident, mails, raise_incident
from observability.models import Incident, SmokeResult, SmokeRun
from observability.smoke import run_report

SUBJECT = "smoke evaluation"


def is_of_this_site(run: SmokeRun) -> bool:
    """Whether a run was made at the site's own address: only then it says anything about the site."""
    return run.base_url.rstrip("/") in {"", settings.SITE_URL.rstrip("/")}


def notice(run: SmokeRun) -> None:
    """Raise an incident for a run of this site, or close it; a run of another address does neither."""
    if not is_of_this_site(run):
        return
    if run.verdict == SmokeRun.Verdict.PASSED:
        close_incident(kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, because=f"{run} passed.")
    else:
        raise_incident(kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, text=_text(run))


def not_mailed(run: SmokeRun) -> list[str]:
    """Why its trouble was not mailed to somebody, as sentences; none where there is no trouble."""
    incident = Incident.objects.filter(
        kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, closed_at=None
    ).first()
    if incident is None or not is_of_this_site(run):
        return []
    if incident.addressed_at is None and (why := mails.obstacle()):
        return [f"Nobody was mailed: {why}."]
    return [
        f"The mail to {mail.address} could not go out ({mail.get_status_display()}): {mail.trouble}"
        for mail in incident.mails.exclude(status=OutgoingMail.Status.SENT)
    ]


def _text(run: SmokeRun) -> str:
    failed = run.results.filter(verdict=SmokeResult.Verdict.FAILED)
    page = reverse("admin:observability_smokerun_change", args=[run.pk])
    lines = [
        *run_report.summary(run),
        *(run_report.sentence(result) for result in failed),
        f"All of it: {settings.SITE_URL}{page}",
    ]
    return "\n".join(lines)
