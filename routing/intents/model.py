"""The learned model: turns a message into a vector in which messages that want the same lie close.

It is made by `scripts/train_intents` and ships as numbers only (see docs/intents.md).
Each feature has a row of small whole numbers; the rows of a message's features are added up, and a hidden
layer makes the vector of the sum. What depends on the intents is the head's (`head.py`), which is fitted
anew when staff add to them.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.intents.features import Pieces, features
from routing.intents.head import Head, Vector

DATA = Path(__file__).with_name("learned")
ROWS, HEAD = DATA / "rows.npy", DATA / "head.npz"
LEVELS = 127
"""Vectors are stored as whole numbers up to so many."""

Matrix = NDArray[np.float32]


class Model:
    """The rows of the features and the hidden layer. Immutable, and thread-safe."""

    def __init__(self, *, rows: NDArray[np.int8], unit: float, hidden: Vector) -> None:
        """`rows`: one for each feature, in parts of `unit`. `hidden`: where the hidden layer starts."""
        self._rows, self._unit, self._hidden = rows, unit, hidden

    def vector(self, text: str) -> Vector:
        """The vector of a message. Raises nothing."""
        chosen = features(text)
        total = self._rows[chosen].sum(0, dtype=np.int32)
        return self.finish(total * np.float32(self._unit / max(1, len(chosen)) ** 0.5))

    def finish(self, sums: Matrix) -> Matrix:
        """The vectors that belong to sums of rows: these, and the hidden layer after them."""
        return np.concatenate([sums, np.maximum(sums + self._hidden, 0)], axis=-1)

    def shares(self, pieces: Pieces, weights: Vector) -> list[Vector]:
        """For each piece of a message, how much of `weights` times its vector is due to that piece.

        What the hidden layer adds is shared out as if the layer stayed as this message sets it.
        """
        hashes = np.concatenate(pieces.hashes).astype(np.int64)
        unique, first = np.unique(hashes, return_index=True)
        rows = self._rows[unique] * np.float32(self._unit / max(1, len(unique)) ** 0.5)
        size = rows.shape[1]
        is_on = rows.sum(0) + self._hidden > 0
        through = weights[:size] + np.where(is_on, weights[size : 2 * size], 0)
        due = np.zeros(len(hashes), np.float32)
        due[first] = rows @ through
        ends = np.cumsum([len(each) for each in pieces.hashes])[:-1]
        return np.split(due, ends)


class Anchors:
    """Labelled messages that the shipped head was fitted on, as vectors; a new head is held to them."""

    def __init__(
        self, *, vectors: Matrix, intents: tuple[str, ...], previous: tuple[str, ...]
    ) -> None:
        """`intents`: of each message. `previous`: the intent before it; "" for a first message."""
        self.vectors, self.intents, self.previous = vectors, intents, previous


@cache
def shipped() -> Model:
    """The model that ships. Processes share the memory of its rows, which are read as they are needed.

    Raises OSError where a file of it is missing.
    """
    rows = np.load(ROWS, mmap_mode="r", allow_pickle=False)
    with np.load(HEAD, allow_pickle=False) as stored:
        return Model(rows=rows, unit=float(stored["unit"]), hidden=stored["hidden"])


@cache
def shipped_head() -> Head:
    """The head that ships; it knows the shipped intents."""
    with np.load(HEAD, allow_pickle=False) as stored:
        return Head(
            intents=tuple(map(str, stored["intents"])),
            weights=_rows(stored["head"]),
            leaning=tuple(map(float, stored["leaning"])),
            follows=_rows(stored["follows"]),
        )


def anchors() -> Anchors:
    """The anchors that ship. Read anew each time: only who fits a head needs them."""
    with np.load(HEAD, allow_pickle=False) as stored:
        names = (*map(str, stored["intents"]), "")
        sums = stored["anchors"] * np.float32(stored["anchor_unit"])
        return Anchors(
            vectors=shipped().finish(sums),
            intents=tuple(names[number] for number in stored["anchor_intents"]),
            previous=tuple(names[number] for number in stored["anchor_previous"]),
        )


def _rows(matrix: NDArray[np.float32]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)
