"""Compares a run with the last one that passed."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from observability.models import SmokeResult, SmokeRun
from observability.smoke.verdicts import Check

SLOWER_MS, DEARER_USD = 1_000, Decimal("0.0001")
"""Differences below these are noise, even where a number doubles."""


def last_good(before: SmokeRun) -> SmokeRun | None:
    """The run that passed last at the same address."""
    passed = SmokeRun.objects.filter(verdict=SmokeRun.Verdict.PASSED, base_url=before.base_url)
    earlier = passed.filter(pk__lt=before.pk)
    return earlier.order_by("-pk").first()


def changes(results: Sequence[SmokeResult], good: Sequence[SmokeResult]) -> list[str]:
    """The differences as sentences for people, case by case."""
    then = {result.name: result for result in good}
    sentences = list(_policy(results, good))
    for now in results:
        if now.verdict == SmokeResult.Verdict.NOT_RUN:
            continue
        if now.name not in then:
            sentences.append(f"{now.name}: this case is new")
        else:
            sentences += [f"{now.name}: {words}" for words in _of_case(now, then[now.name])]
    return sentences


def checks_of(result: SmokeResult) -> list[Check]:
    """The checks as they were stored."""
    return msgspec.convert(result.checks, list[Check])


def _policy(results: Sequence[SmokeResult], good: Sequence[SmokeResult]) -> Iterator[str]:
    now = {result.policy_version for result in results} - {None}
    then = {result.policy_version for result in good} - {None}
    if now and then and now != then:
        yield f"policy version {_list(now)} instead of {_list(then)}"


def _list(versions: set[int | None]) -> str:
    return " and ".join(str(version) for version in sorted(v for v in versions if v is not None))


def _of_case(now: SmokeResult, then: SmokeResult) -> Iterator[str]:
    before = {check.name: check.verdict for check in checks_of(then)}
    for check in checks_of(now):
        if check.name in before and before[check.name] != check.verdict:
            yield f"{check.name} is {check.verdict}, was {before[check.name]}"
        elif check.name not in before:
            yield f"{check.name} is asked for now and was not; it is {check.verdict}"
    for gone in before.keys() - {check.name for check in checks_of(now)}:
        yield f"{gone} is asked for no more"
    if now.deployment and then.deployment and now.deployment != then.deployment:
        yield f"{now.deployment} answered, last time {then.deployment}"
    if now.latency_ms is not None and then.latency_ms is not None:
        slower = now.latency_ms - then.latency_ms
        if slower > SLOWER_MS and now.latency_ms > 2 * then.latency_ms:
            yield f"took {now.latency_ms:,} ms, last time {then.latency_ms:,} ms"
    if now.cost_usd is not None and then.cost_usd is not None:
        dearer = now.cost_usd - then.cost_usd
        if dearer > DEARER_USD and now.cost_usd > 2 * then.cost_usd:
            yield f"cost ${now.cost_usd.normalize():f}, last time ${then.cost_usd.normalize():f}"
