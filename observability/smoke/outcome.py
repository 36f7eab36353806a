"""Who hears of a run that did not pass? Staff, once: until one passes, it is the same trouble."""

from django.conf import settings
from django.urls import reverse

from observability.alerts import close_incident, mails, raise_incident
from observability.models import Incident, IncidentMail, SmokeResult, SmokeRun
from observability.smoke import report

SUBJECT = "smoke evaluation"


def is_of_this_site(run: SmokeRun) -> bool:
    """Whether it asked at the site's own address: only then does it say anything of the site."""
    return run.base_url.rstrip("/") in {"", settings.SITE_URL.rstrip("/")}


def notice(run: SmokeRun) -> None:
    """Raise what a run of this site shows, or end it; a run of another address does neither."""
    if not is_of_this_site(run):
        return
    if run.verdict == SmokeRun.Verdict.PASSED:
        close_incident(kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, because=f"{run} passed.")
    else:
        raise_incident(kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, text=_text(run))


def untold(run: SmokeRun) -> list[str]:
    """Why its trouble was not mailed to somebody, as sentences; none where there is no trouble."""
    incident = Incident.objects.filter(
        kind=Incident.Kind.SMOKE_FAILED, subject=SUBJECT, closed_at=None
    ).first()
    if incident is None or not is_of_this_site(run):
        return []
    if incident.addressed_at is None and (why := mails.obstacle()):
        return [f"Nobody was told by mail: {why}."]
    unsent = incident.mails.exclude(status=IncidentMail.Status.SENT)
    return [
        f"The mail to {mail.address} could not go out ({mail.get_status_display()}): {mail.words}"
        for mail in unsent
    ]


def _text(run: SmokeRun) -> str:
    failed = run.results.filter(verdict=SmokeResult.Verdict.FAILED)
    page = reverse("admin:observability_smokerun_change", args=[run.pk])
    lines = [
        *report.summary(run),
        *(report.sentence(result) for result in failed),
        f"All of it: {settings.SITE_URL}{page}",
    ]
    return "\n".join(lines)
