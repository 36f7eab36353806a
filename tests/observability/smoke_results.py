"""Results of the smoke evaluation to test with."""

from decimal import Decimal

from observability.models import SmokeResult


def result(*, deployment: str, latency_ms: int, cost_usd: str, status: str) -> SmokeResult:
    """One of the case "maths", not saved, with one check."""
    return SmokeResult(
        name="maths",
        place=5,
        verdict=status,
        checks=[{"name": "status", "verdict": status, "detail": ""}],
        deployment=deployment,
        policy_version=3,
        latency_ms=latency_ms,
        cost_usd=Decimal(cost_usd),
    )
