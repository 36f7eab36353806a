"""Makes the tables that show staff what was learned, and why a message was taken for an intent."""

from collections.abc import Mapping
from typing import Any

from routing.services.learning import Judged, Report
from routing.services.why import Why

Table = dict[str, Any]


def accuracy_table(report: Report) -> Table:
    """How often messages were taken for what they are, before and after."""
    kinds = [
        ("Prompts that ship for measuring", report.held_out_before, report.held_out_after),
        ("Your own examples, each left out once", report.examples_before, report.examples_after),
    ]
    rows = [
        [name, str(after.count), _share(before), _share(after)] for name, before, after in kinds
    ]
    return {"headers": ["Messages", "Number", "Right before", "Right now"], "rows": rows}


def confusion_table(judged: Judged, labels: Mapping[str, str]) -> Table:
    """Which intent's messages are taken for which: a row for each intent that they have."""
    names = sorted({*judged.confused, *(name for row in judged.confused.values() for name in row)})
    rows = [
        [labels.get(name, name), *(str(judged.confused[name].get(other, "")) for other in names)]
        for name in names
        if name in judged.confused
    ]
    headers = ["Is", *(f"taken for {labels.get(name, name)}" for name in names)]
    return {"headers": headers, "rows": rows}


def why_tables(why: Why, labels: Mapping[str, str]) -> dict[str, Table]:
    """The words that weighed most, and the known messages that are most like it; without what is empty."""
    tables = {}
    if why.words:
        rows = [[word.text, f"{word.weight:+.2f}"] for word in why.words]
        tables["words"] = {"headers": ["Word", "Weight"], "rows": rows}
    if why.nearest:
        rows = [
            [near.text, labels.get(near.intent, near.intent), f"{near.likeness:.0%}"]
            for near in why.nearest
        ]
        tables["nearest"] = {"headers": ["Known message", "Intent", "Likeness"], "rows": rows}
    return tables


def _share(judged: Judged) -> str:
    return f"{judged.right / judged.count:.0%}" if judged.count else "–"
