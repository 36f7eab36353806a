"""Makes the detector's weights, and says how right they are.

    python -m training --pool pool.jsonl [--cache DIR] [--folds]

`--pool`: public prompts, one JSON object a line with `text` and `lang` (docs/intents.md says which).
`--folds`: first learn five times without a fifth of open.jsonl each, and print how right that fifth is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import prompts, store
from training.course import Course
from training.prompts import Prompt
from training.report import lines
from training.student import Matrix

FOLDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/train_intents")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("data/training"))
    parser.add_argument("--folds", action="store_true")
    asked = parser.parse_args()
    judged = prompts.read(prompts.OPEN) if prompts.OPEN.exists() else ()
    course = Course(
        known=prompts.own(),
        judged=judged,
        pool=tuple(prompts.labelled(prompts.read(asked.pool))),
        cache=asked.cache,
    )
    everything = np.arange(len(judged))
    warmth = 1.0
    if asked.folds:
        logits = _by_folds(course, judged)
        warmth = store.warmth(logits, judged)
        print("\n".join(lines(judged, logits / warmth)), flush=True)
    student = course.learn(everything, tell=print)
    store.write(student, course, warmth=warmth)
    held_out = prompts.read(store.HELD_OUT)
    print("\n".join(lines(held_out, course.logits(student, held_out) / warmth)))


def _by_folds(course: Course, judged: tuple[Prompt, ...]) -> Matrix:
    """What is said of each judged prompt by a student that has not seen it."""
    said = np.zeros((len(judged), len(prompts.INTENTS)), np.float32)
    for fold in range(FOLDS):
        left_out = _fold(judged, fold)
        kept = np.setdiff1d(np.arange(len(judged)), left_out)
        said[left_out] = course.logits(course.learn(kept), [judged[n] for n in left_out])
        print(f"fold {fold + 1} of {FOLDS}", flush=True)
    return said


def _fold(judged: tuple[Prompt, ...], fold: int) -> NDArray[np.int64]:
    """A fifth of the prompts, of each intent in the same share; always the same ones."""
    chance = np.random.default_rng(1)
    chosen: list[int] = []
    for intent in prompts.INTENTS:
        places = [n for n, prompt in enumerate(judged) if prompt.intent == intent]
        chosen += list(chance.permutation(places)[fold::FOLDS])
    return np.array(sorted(chosen))


if __name__ == "__main__":
    main()
