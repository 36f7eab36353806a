"""Advice about rungs: those that fail, never answer, or are never called."""

from collections.abc import Iterator
from functools import partial

import msgspec
from django.db.models import Count, Q
from django.urls import reverse

from observability.figures import Rows
from observability.names import CALL_ERRORS
from observability.rollup.advice.evidence import Evidence, listed
from observability.rollup.report import Recommendation
from observability.wording import counted
from routing.models import Deployment, Provider, ProviderKey

LEAST_CALLS = 5
"""Fewer say too little about a rung."""
_OF_THE_REQUEST = ["content_filter", "context_length", "invalid_request"]
"""Errors that say nothing about a rung: another would have met them, too."""
_FAILED = Q(status__in=["failed", "cut", "unknown"])
_WON = Q(concludes=True, turn_status__in=["complete", "stopped"])


class RungFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one rung's calls."""

    calls: int
    failed: int
    won: int
    """Calls whose words are the reply."""


def always_failed(evidence: Evidence) -> Iterator[Recommendation]:
    """Rungs of which every call failed: each costs its turns the wait for nothing."""
    for ladder, model, figures in _called(evidence):
        if figures.failed == figures.calls:
            why = _causes(evidence, ladder, model)
            yield Recommendation(
                kind="rung_always_failed",
                title=f"{model.label} always failed on {ladder}",
                explanation=f"All {counted(figures.calls, 'call')} to it failed: {why}. Repair what "
                "is wrong there, or take it off the ladder: each of these turns waited for it.",
                path=evidence.ladder_paths[ladder],
            )


def never_won(evidence: Evidence) -> Iterator[Recommendation]:
    """Rungs that were called, did not always fail, and yet gave no reply that stands.

    The last rung is there for the worst: of it only failures are worth a word.
    """
    for ladder, model, figures in _called(evidence):
        is_last = model == evidence.ladders[ladder][-1]
        if figures.won or figures.failed == figures.calls or (is_last and not figures.failed):
            continue
        what = "Repair what is wrong there" if is_last else "Move it down the ladder"
        yield Recommendation(
            kind="rung_never_won",
            title=f"{model.label} never gave the answer on {ladder}",
            explanation=f"It was called {_times(figures.calls)} ({figures.failed} failed), and "
            f"no reply of it stands. {what}, or take it off.",
            path=evidence.ladder_paths[ladder],
        )


def without_an_answer(evidence: Evidence) -> set[tuple[str, str]]:
    """The rungs, by ladder and model, of which no reply stands."""
    return {(ladder, model.name) for ladder, model, figures in _called(evidence) if not figures.won}


def never_called(evidence: Evidence) -> Iterator[Recommendation]:
    """Providers whose models stand above those that answered, and that nobody called all week.

    None in one organisation's report: another may well have called them.
    """
    if evidence.organisation_id is not None:
        return
    called = _figures(evidence.rows)
    used = {model.partition("/")[0] for _, model in called}
    skipped: dict[str, dict[str, Provider]] = {}
    for ladder, models in evidence.ladders.items():
        known = [called.get((ladder, model.name)) for model in models]
        reached = [place for place, one in enumerate(known) if one and one.calls >= LEAST_CALLS]
        for model in models[: max(reached, default=0)]:
            if model.provider.slug not in used:
                skipped.setdefault(model.provider.slug, {})[ladder] = model.provider
    for ladders in skipped.values():
        yield _skipped(next(iter(ladders.values())), list(ladders))


def _skipped(provider: Provider, ladders: list[str]) -> Recommendation:
    keys = ProviderKey.objects.filter(provider=provider, enabled=True)
    page = partial(reverse, "admin:routing_provider_change", args=[provider.pk])
    if not provider.enabled:
        why, path = "It is switched off", page()
    elif provider.needs_key and not keys.exists():
        why, path = "It has no key", reverse("admin:routing_providerkey_changelist")
    else:
        why, path = "Its models are switched off, were out, or had too small a window", page()
    return Recommendation(
        kind="provider_never_called",
        title=f"{provider.name} was never called",
        explanation=f"{why}. Its models stand above those that answered on {listed(ladders)}. Make "
        "it usable, or take its models off these ladders.",
        path=path,
    )


def _called(evidence: Evidence) -> Iterator[tuple[str, Deployment, RungFigures]]:
    """The rungs that are still there and were called often enough with what can be answered."""
    figures = _figures(evidence.rows.exclude(error__in=_OF_THE_REQUEST))
    for ladder, models in evidence.ladders.items():
        for model in models:
            found = figures.get((ladder, model.name))
            if found is not None and found.calls >= LEAST_CALLS:
                yield ladder, model, found


def _figures(rows: Rows) -> dict[tuple[str, str], RungFigures]:
    groups = rows.filter(number__gt=0).values("ladder", "deployment")
    return {
        (each["ladder"], each["deployment"]): RungFigures(
            calls=each["calls"], failed=each["failed"], won=each["won"]
        )
        for each in groups.annotate(
            calls=Count("id"), failed=Count("id", filter=_FAILED), won=Count("id", filter=_WON)
        )
    }


def _causes(evidence: Evidence, ladder: str, model: Deployment) -> str:
    """How often it failed at what, most frequent first."""
    calls = evidence.rows.filter(number__gt=0, ladder=ladder, deployment=model.name).exclude(
        error__in=_OF_THE_REQUEST
    )
    counts = calls.values("error").annotate(count=Count("id")).order_by("-count", "error")
    return listed(
        f"{_times(each['count'])} it {CALL_ERRORS.get(each['error'], each['error'])}"
        for each in counts
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
