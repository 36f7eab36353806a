"""Advice to staff after a week: one small function for each kind."""

from observability.figures import Rows, Span
from observability.names import Names
from observability.rollup.advice import intents, models, prices, rungs, smoke
from observability.rollup.advice.evidence import Adviser, Evidence
from observability.rollup.report import Recommendation

ADVISERS: tuple[Adviser, ...] = (
    smoke.failed_smoke,
    rungs.always_failed,
    models.going_away,
    prices.price_changes,
    prices.unpriced,
    prices.cheaper_rung,
    rungs.never_won,
    intents.disliked,
    intents.low_confidence,
    intents.not_understood,
    rungs.never_called,
)
"""In the order in which they are read: trouble first."""


def advise(
    span: Span, rows: Rows, organisation_id: int | None, names: Names
) -> tuple[Recommendation, ...]:
    """All that there is to change; empty where there is nothing. `rows` are the week's."""
    evidence = Evidence(span, rows, organisation_id, names)
    return tuple(found for adviser in ADVISERS for found in adviser(evidence))
