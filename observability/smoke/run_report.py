"""The report of a run: a sentence for each case for people, one JSON object for programs."""

from typing import Any

from chatcore.replies.outcome import plain_decimal
from observability.models import SmokeResult, SmokeRun
from observability.smoke.changes import checks_of
from observability.smoke.verdicts import Check


def sentence(result: SmokeResult) -> str:
    """Put one case into one sentence, with whatever failed or could not be judged."""
    head = f"{result.place}. {result.name}: {result.verdict}"
    if result.verdict == SmokeResult.Verdict.NOT_RUN:
        return f"{head}."
    checks = checks_of(result)
    failed = [
        f"{check.name}: {check.detail or 'failed'}" for check in checks if _is(check, "failed")
    ]
    unsure = [check.name for check in checks if _is(check, "not judged")]
    parts = [head, *_facts(result)]
    if failed:
        parts.append(f"FAILED {'; '.join(failed)}")
    if unsure:
        parts.append(f"not judged: {', '.join(unsure)}")
    return f"{'; '.join(parts)}."


def summary(run: SmokeRun) -> list[str]:
    """The lines that sum up the whole run."""
    amount = "at least " if run.unpriced else ""
    lines = [f"{run.verdict.upper()}: {run.why} It cost {amount}${plain_decimal(run.cost_usd)}."]
    if run.changes:
        lines.append("Since the last run that passed:")
        lines += [f"  {change}" for change in run.changes]
    return lines


def as_json(run: SmokeRun, results: list[SmokeResult]) -> dict[str, Any]:
    """All that is known, as plain data; amounts are decimal strings of USD."""
    return {
        "run": run.pk,
        "verdict": run.verdict,
        "why": run.why,
        "base_url": run.base_url,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "cost_usd": plain_decimal(run.cost_usd),
        "unpriced_calls": run.unpriced,
        "changes": run.changes,
        "cases": [_case(result) for result in results],
    }


def _case(result: SmokeResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "verdict": result.verdict,
        "http_status": result.http_status,
        "code": result.error_code or None,
        "intent": result.intent or None,
        "deployment": result.deployment or None,
        "policy_version": result.policy_version,
        "latency_ms": result.latency_ms,
        "cost_usd": plain_decimal(result.cost_usd),
        "context_turns": result.context_turns,
        "turn": str(result.turn_id) if result.turn_id else None,
        "checks": result.checks,
    }


def _facts(result: SmokeResult) -> list[str]:
    if not result.deployment:
        return []
    cost = plain_decimal(result.cost_usd)
    amount = "an unknown amount" if cost is None else f"${cost}"
    return [f"{result.deployment} answered in {result.latency_ms or 0:,} ms for {amount}"]


def _is(check: Check, verdict: str) -> bool:
    return check.verdict == verdict
