"""Writes what a student has learned into the files that ship."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.intents import model
from training.course import Course, previous_of
from training.prompts import INTENTS, Prompt
from training.student import Matrix, Student, feature_rows, softmax

HELD_OUT = model.DATA / "held_out.jsonl"
CLIPPED = 99.99
"""Rows are cut at this percentile of their size: a few large numbers would make all others coarse."""


def warmth(logits: Matrix, judged: Sequence[Prompt]) -> float:
    """By what logits are to be divided, so that how sure they are is how right they are."""
    right = [INTENTS.index(prompt.intent) for prompt in judged]
    choices = np.arange(0.5, 4.0, 0.05)
    losses = [
        -np.log(softmax(logits / choice)[np.arange(len(right)), right] + 1e-9).mean()
        for choice in choices
    ]
    return float(choices[int(np.argmin(losses))])


def write(student: Student, course: Course, *, warmth: float) -> None:
    """Write the rows, the hidden layer, the head and the anchors."""
    rows, unit = _small(student.rows)
    sums, anchor_unit = _small(feature_rows([p.text for p in course.labelled]) @ student.rows)
    n = student.numbers
    before = previous_of(course.labelled)
    np.save(model.ROWS, rows)
    np.savez_compressed(
        model.HEAD,
        unit=np.float32(unit),
        hidden=n["hidden"],
        intents=np.array(INTENTS),
        head=np.hstack([n["head"].T, n["alone"][:, None]]) / warmth,
        leaning=np.append(n["lean"], n["lean_alone"]),
        follows=n["follows"] / warmth,
        anchors=sums,
        anchor_unit=np.float32(anchor_unit),
        anchor_intents=np.array([INTENTS.index(p.intent) for p in course.labelled], np.uint8),
        anchor_previous=np.where(before.any(1), before.argmax(1), len(INTENTS)).astype(np.uint8),
    )


def _small(numbers: Matrix) -> tuple[np.ndarray, float]:
    """The numbers as whole ones up to 127, and what one of those is worth."""
    numbers = np.asarray(numbers)
    unit = float(np.percentile(np.abs(numbers[numbers != 0]), CLIPPED)) / model.LEVELS
    return np.clip(np.rint(numbers / unit), -model.LEVELS, model.LEVELS).astype(np.int8), unit
