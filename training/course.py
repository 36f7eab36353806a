"""One course: the teacher learns from labelled prompts, the student from the teacher and from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from training.pieces import pieces
from training.prompts import INTENTS, Prompt
from training.student import Lesson, Matrix, Student, feature_rows, learn, softmax
from training.teacher import Teacher, encode

SIZE = 64
MEANINGS = 48
"""Main directions of the encoder's space that the student also learns, so that its own has them."""
EPOCHS, RATE, LEFT_OUT = 3, 5e-3, 0.3
MEANING_COUNTS = 0.02
SHARPNESS = 0.08
"""The teacher's numbers are divided by it before they become probabilities."""
SECOND = 0.35
"""The probability of the second of two intents that can be defended."""
WEIGHT_LABELLED, WEIGHT_JUDGED = 2.0, 3.0


class Course:
    """Prompts, what the encoder says of them, and their features, for as many students as wanted."""

    def __init__(
        self,
        *,
        known: Sequence[Prompt],
        judged: Sequence[Prompt],
        pool: Sequence[Prompt],
        cache: Path,
    ) -> None:
        """`known` are labelled; `judged` too, and parts of them may be left out; of `pool`, some are."""
        self.labelled = [*known, *(prompt for prompt in pool if prompt.intent)]
        self._judged = list(judged)
        self._rest = [*(prompt for prompt in pool if not prompt.intent), *pieces(pool)]
        self._all = [*self.labelled, *self._judged, *self._rest]
        self._vectors = encode([prompt.text for prompt in self._all], cache)
        self._features = feature_rows([prompt.text for prompt in self._all])
        self._previous = previous_of(self._all)
        self._wanted = wanted_of(self._all)
        centre = self._vectors.mean(0)
        self._teacher = Teacher(centre)
        directions = np.linalg.svd(self._vectors[::11] - centre, full_matrices=False)[2][:MEANINGS]
        meaning = (self._vectors - centre) @ directions.T
        self._meaning = meaning / meaning.std()

    def learn(
        self, kept: NDArray[np.int64], *, tell: Callable[[str], None] = lambda said: None
    ) -> Student:
        """Teach the teacher, then a student. `kept`: which of the judged prompts may be seen."""
        count, judged = len(self.labelled), len(self._judged)
        said = np.concatenate([np.arange(count), count + kept])
        rest = np.arange(count + judged, len(self._all))
        self._teacher.fit(self._vectors[said], self._previous[said], self._wanted[said])
        spoken = self._teacher.say(self._vectors[rest], self._previous[rest])
        chosen = np.concatenate([said, rest])
        weight = np.concatenate(
            [
                np.full(count, WEIGHT_LABELLED),
                np.full(len(kept), WEIGHT_JUDGED),
                np.ones(len(rest)),
            ]
        )
        lesson = Lesson(
            vstack([self._features[said], self._features[rest]]).tocsr(),
            previous=self._previous[chosen],
            wanted=np.vstack([self._wanted[said], softmax(spoken / SHARPNESS)]).astype(np.float32),
            weight=weight.astype(np.float32),
            meaning=self._meaning[chosen].astype(np.float32),
        )
        student = Student(size=SIZE, intents=len(INTENTS), meaning=MEANINGS)
        learn(
            student,
            lesson,
            epochs=EPOCHS,
            rate=RATE,
            meaning=MEANING_COUNTS,
            left_out=LEFT_OUT,
            tell=tell,
        )
        seen = np.asarray((lesson.rows != 0).sum(0)).ravel()
        student.rows[seen == 0] = 0
        return student

    def logits(self, student: Student, some: Sequence[Prompt]) -> Matrix:
        """What a student says of prompts."""
        return student.logits(feature_rows([prompt.text for prompt in some]), previous_of(some))


def previous_of(some: Sequence[Prompt]) -> Matrix:
    """A row for each prompt, with a 1 for the intent before; a row of zeros for a first message."""
    rows = np.zeros((len(some), len(INTENTS)), np.float32)
    for number, prompt in enumerate(some):
        if prompt.previous in INTENTS:
            rows[number, INTENTS.index(prompt.previous)] = 1
    return rows


def wanted_of(some: Sequence[Prompt]) -> Matrix:
    """A row for each prompt, with the probabilities of its intents; of an unlabelled one, zeros."""
    rows = np.zeros((len(some), len(INTENTS)), np.float32)
    for number, prompt in enumerate(some):
        if prompt.intent:
            rows[number, INTENTS.index(prompt.intent)] = 1 - SECOND * bool(prompt.also)
            for other in prompt.also[:1]:
                rows[number, INTENTS.index(other)] = SECOND
    return rows
