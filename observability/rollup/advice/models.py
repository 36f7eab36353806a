"""Advice about models that their provider takes away."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse

from observability.rollup.advice.evidence import Evidence, listed
from observability.rollup.report import Recommendation
from observability.wording import counted
from routing.models import Deployment

SOON = timedelta(days=90)


def going_away(evidence: Evidence) -> Iterator[Recommendation]:
    """Models on a ladder that their provider takes away soon, or has taken away."""
    week_ending = evidence.span.end.date()
    leaving = Deployment.objects.filter(enabled=True, retires_on__lt=week_ending + SOON)
    for model in leaving.select_related("provider").order_by("retires_on", "pk"):
        ladders = evidence.ladders_with(model)
        calls = evidence.rows.filter(deployment=model.name, number__gt=0).count()
        # One organisation is told of the models that it uses.
        if ladders and (calls or evidence.organisation_id is None):
            yield _leaving(evidence, model, calls, ladders)


def goes_away_soon(evidence: Evidence, model: Deployment) -> bool:
    """Whether its provider takes it away soon, or has."""
    return model.retires_on is not None and model.retires_on < evidence.span.end.date() + SOON


def _leaving(
    evidence: Evidence, model: Deployment, calls: int, ladders: list[str]
) -> Recommendation:
    day = model.retires_on or evidence.span.end.date()
    days = (day - evidence.span.end.date()).days
    when = f"in {counted(days, 'day')}" if days > 0 else "by the end of this week"
    return Recommendation(
        kind="model_going_away",
        title=f"{model.label} goes away on {day.day} {day:%B %Y}",
        explanation=f"{model.provider.name} takes it away {when}. It is on {listed(ladders)} and "
        f"was called {counted(calls, 'time')} this week. Put another model in its place.",
        path=evidence.ladder_paths[ladders[0]]
        if len(ladders) == 1
        else reverse("admin:routing_deployment_change", args=[model.pk]),
    )
