"""Advice from the smoke evaluation, for the rollup of all organisations only."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse

from observability.figures import Span
from observability.models import SmokeResult, SmokeRun
from observability.rollup.advice.evidence import Evidence, listed
from observability.rollup.report import FailedCase, Recommendation, SmokeRuns
from observability.wording import counted

_FAILED, _NOT_RUN = SmokeResult.Verdict.FAILED, SmokeResult.Verdict.NOT_RUN


def failed_cases(span: Span, organisation_id: int | None) -> tuple[FailedCase, ...]:
    """The cases that failed at least once, most often first; none in one organisation's report."""
    if organisation_id is not None:
        return ()
    results: dict[str, list[SmokeResult]] = {}
    held = SmokeResult.objects.filter(
        run__created_at__gte=span.start, run__created_at__lt=span.end
    ).exclude(verdict=_NOT_RUN)
    for result in held.order_by("run__created_at", "place"):
        results.setdefault(result.name, []).append(result)
    failed = (_case(name, runs) for name, runs in results.items())
    return tuple(sorted((case for case in failed if case.failed), key=lambda case: -case.failed))


def runs(span: Span, organisation_id: int | None) -> SmokeRuns | None:
    """How many there were, and how many passed; None in one organisation's report."""
    if organisation_id is not None:
        return None
    ended = SmokeRun.objects.filter(
        created_at__gte=span.start, created_at__lt=span.end, status=SmokeRun.Status.ENDED
    )
    passed = ended.filter(verdict=SmokeRun.Verdict.PASSED)
    return SmokeRuns(ended=ended.count(), passed=passed.count())


def failed_smoke(evidence: Evidence) -> Iterator[Recommendation]:
    """Advise once about all cases that failed."""
    cases = failed_cases(evidence.span, evidence.organisation_id)
    if cases:
        told = listed(f"{case.case} ({case.failed} of {case.runs}: {case.check})" for case in cases)
        yield Recommendation(
            kind="smoke_failed",
            title=f"{counted(len(cases), 'smoke case')} failed",
            explanation=f"{told}. Look at the last run.",
            path=reverse("admin:observability_smokerun_changelist"),
        )


def _case(name: str, results: list[SmokeResult]) -> FailedCase:
    failed = [result for result in results if result.verdict == _FAILED]
    return FailedCase(
        case=name,
        check=_what(failed[-1].checks) if failed else "",
        failed=len(failed),
        runs=len(results),
    )


def _what(checks: Iterable[dict[str, Any]]) -> str:
    """What it failed at, the last time."""
    names = [str(check["name"]) for check in checks if check.get("verdict") == "failed"]
    return listed(names) if names else "not said"
