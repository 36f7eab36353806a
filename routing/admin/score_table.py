"""Makes the table that shows staff how likely each intent was for a message."""

from collections.abc import Iterable, Mapping
from typing import Any

from routing.route import IntentScore

HIDDEN = "hidden"
LEAST = 0.005
"""What is less likely is told of in one row for all."""


def score_table(
    scores: Iterable[IntentScore], *, labels: Mapping[str, str], with_text: bool = True
) -> dict[str, Any]:
    """A row for each intent that was likely or had a rule, and one row for all the others together.

    `labels`: what people call the intents. `with_text`: whether the pieces of the message that gave
    evidence may be seen.
    """
    rows: list[list[str]] = []
    others: list[str] = []
    for score in scores:
        label = labels.get(score.intent, score.intent)
        if score.score < LEAST and not score.evidence:
            others.append(label)
            continue
        because = "; ".join(score.evidence) if with_text or not score.evidence else HIDDEN
        rows.append([label, f"{score.score:.0%}", because or "what was learned"])
    if others:
        rows.append([", ".join(others), f"under {LEAST:.1%}", "what was learned"])
    return {"headers": ["Intent", "Probability", "Because of"], "rows": rows}
