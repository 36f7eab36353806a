"""Makes the table that shows staff how strongly a message speaks for each intent."""

from collections.abc import Iterable, Mapping
from typing import Any

from routing.route import IntentScore

HIDDEN = "hidden"


def score_table(
    scores: Iterable[IntentScore], *, labels: Mapping[str, str], with_text: bool = True
) -> dict[str, Any]:
    """A row for each intent with evidence, and one row for all the others together.

    `labels`: what people call the intents. `with_text`: whether the pieces of the message that gave
    evidence may be seen.
    """
    rows: list[list[str]] = []
    others: list[str] = []
    for score in scores:
        label = labels.get(score.intent, score.intent)
        if not score.evidence:
            others.append(label)
            continue
        because = "; ".join(score.evidence) if with_text else HIDDEN
        rows.append([label, f"{score.score:g}", because])
    if others:
        rows.append(["the others", "0", f"nothing speaks for {', '.join(others)}"])
    return {"headers": ["Intent", "Score", "Because of"], "rows": rows}
