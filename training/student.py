"""The small model that ships, while it learns: rows of features, one hidden layer, and a head.

Adam (https://arxiv.org/abs/1412.6980) on mini-batches, with features left out by chance. Only the rows of
features that a batch has are touched, which is what makes a quarter of a million of them quick to learn.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from routing.intents.features import BITS, features

Matrix = NDArray[np.float32]
BATCH = 256
_KEPT, _KEPT_SQUARE, _TINY = 0.9, 0.99, 1e-6


def feature_rows(texts: list[str]) -> csr_matrix:
    """A row for each text, with its features, so that all rows are of one length."""
    found = [features(text) for text in texts]
    ends = np.cumsum([0, *map(len, found)])
    values = np.concatenate(
        [np.full(len(each), 1 / max(1, len(each)) ** 0.5, np.float32) for each in found]
    )
    shape = (len(texts), 2**BITS)
    return csr_matrix((values, np.concatenate(found), ends), shape=shape)


class Lesson:
    """What is learned from: for each message its features, its likely intents, and its weight."""

    def __init__(
        self,
        rows: csr_matrix,
        *,
        previous: Matrix,
        wanted: Matrix,
        weight: Matrix,
        meaning: Matrix,
    ) -> None:
        """`previous`: 1 for the intent before. `wanted`: probabilities. `meaning`: what the encoder says."""
        self.rows, self.previous, self.wanted = rows, previous, wanted
        self.weight, self.meaning = weight, meaning


class Student:
    """The model's numbers. `W` is the head, with the hidden layer's numbers after the rows' own."""

    def __init__(self, *, size: int, intents: int, meaning: int, seed: int = 0) -> None:
        chance = np.random.default_rng(seed)

        def small(*shape: int, scale: float = 0.1) -> Matrix:
            return (chance.standard_normal(shape) * scale).astype(np.float32)

        self.rows = small(2**BITS, size, scale=0.01)
        self.numbers = {
            "hidden": np.zeros(size, np.float32),
            "head": small(2 * size, intents),
            "alone": np.zeros(intents, np.float32),
            "lean": np.zeros(2 * size, np.float32),
            "lean_alone": np.zeros(1, np.float32),
            "follows": 2 * np.eye(intents, dtype=np.float32),
            "meaning": small(size, meaning),
        }

    def logits(self, rows: csr_matrix, previous: Matrix) -> Matrix:
        """What is said for each intent, of messages with these features."""
        return self._forward(np.asarray(rows @ self.rows), previous)[0]

    def _forward(self, mean: Matrix, previous: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        n = self.numbers
        vector = np.hstack([mean, np.maximum(mean + n["hidden"], 0)])
        lean = 1 / (1 + np.exp(-(vector @ n["lean"] + n["lean_alone"])))
        said = vector @ n["head"] + n["alone"] + lean[:, None] * (previous @ n["follows"])
        return said, vector, lean

    def gradients(
        self, mean: Matrix, lesson: Lesson, chosen: NDArray[np.int64], *, meaning: float
    ) -> tuple[Matrix, dict[str, Matrix]]:
        """How the loss of some messages changes with the sums of their rows, and with each number."""
        n, size = self.numbers, mean.shape[1]
        previous = lesson.previous[chosen]
        said, vector, lean = self._forward(mean, previous)
        off = (softmax(said) - lesson.wanted[chosen]) * lesson.weight[chosen, None] / len(chosen)
        followed = previous @ n["follows"]
        leaning = (off * followed).sum(1) * lean * (1 - lean)
        back = off @ n["head"].T + leaning[:, None] * n["lean"]
        through = back[:, size:] * (vector[:, size:] > 0)
        missed = (mean @ n["meaning"] - lesson.meaning[chosen]) * (meaning / len(chosen))
        changes = {
            "hidden": through.sum(0),
            "head": vector.T @ off,
            "alone": off.sum(0),
            "lean": vector.T @ leaning,
            "lean_alone": leaning.sum(keepdims=True),
            "follows": previous.T @ (off * lean[:, None]),
            "meaning": mean.T @ missed,
        }
        return back[:, :size] + through + missed @ n["meaning"].T, changes


def softmax(logits: Matrix) -> Matrix:
    """The probabilities that belong to logits, row by row."""
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


class Adam:
    """One array's running means, and the steps that follow from them."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._mean = np.zeros(shape, np.float32)
        self._square = np.zeros(shape, np.float32)

    def step(
        self,
        array: Matrix,
        change: Matrix,
        rate: float,
        at: NDArray[np.int64] | slice = slice(None),
    ) -> None:
        """Move `array` (or some of its rows) against `change`."""
        self._mean[at] += (1 - _KEPT) * (change - self._mean[at])
        self._square[at] += (1 - _KEPT_SQUARE) * (change * change - self._square[at])
        array[at] -= rate * self._mean[at] / (np.sqrt(self._square[at]) + _TINY)


def learn(
    student: Student,
    lesson: Lesson,
    *,
    epochs: int,
    rate: float,
    meaning: float,
    left_out: float,
    seed: int = 0,
    tell: Callable[[str], None] = lambda said: None,
) -> None:
    """Go over a lesson some times. `left_out`: the share of features left out by chance each time."""
    chance = np.random.default_rng(seed)
    count = lesson.rows.shape[0]
    steps, step = epochs * -(-count // BATCH), 0
    of_rows = Adam(student.rows.shape)
    of_numbers = {name: Adam(array.shape) for name, array in student.numbers.items()}
    for epoch in range(epochs):
        order = chance.permutation(count)
        for start in range(0, count, BATCH):
            chosen = order[start : start + BATCH]
            batch = lesson.rows[chosen]
            kept = chance.random(len(batch.data)) > left_out
            batch.data = batch.data * kept / np.float32(1 - left_out)
            mean = np.asarray(batch @ student.rows)
            back, changes = student.gradients(mean, lesson, chosen, meaning=meaning)
            now = rate * (1 - step / steps)
            turned = batch.T.tocsr()
            touched = np.flatnonzero(np.diff(turned.indptr))
            of_rows.step(student.rows, np.asarray(turned[touched] @ back), now, touched)
            for name, change in changes.items():
                of_numbers[name].step(student.numbers[name], change, now)
            step += 1
        tell(f"epoch {epoch + 1} of {epochs}")
