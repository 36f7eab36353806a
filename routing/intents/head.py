"""The part of the learned model that knows the intents: what each one's messages have in common.

The shipped head knows the shipped intents. When staff add intents, examples or corrections, a new one is
fitted (`fitting.py`) and kept. It is some hundred numbers for each intent.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What tells the intents apart, as plain data."""

    intents: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    """For each intent one weight a number of the vector, and a last one that stands alone."""
    leaning: tuple[float, ...]
    """How much a message leans on the one before: weights of the same kind."""
    follows: tuple[tuple[float, ...], ...]
    """For each intent of the message before: what it adds to each intent, where a message leans on it."""


class Scorer:
    """A head, ready to be used. Immutable, and thread-safe."""

    def __init__(self, head: Head) -> None:
        self.intents = head.intents
        self.weights = np.array(head.weights, np.float32)
        self._leaning = np.array(head.leaning, np.float32)
        self._follows = dict(zip(head.intents, np.array(head.follows, np.float32), strict=True))

    def scores(self, vector: Vector, previous: str | None) -> Vector:
        """For each intent the logarithm of its probability. `previous`: the intent before, if known."""
        logits = self.weights[:, :-1] @ vector + self.weights[:, -1]
        if (follows := self._follows.get(previous or "")) is not None:
            logits = logits + self.lean(vector) * follows
        return log_softmax(logits)

    def lean(self, vector: Vector) -> float:
        """How much a message leans on the one before, from 0 to 1."""
        return float(1 / (1 + np.exp(-(self._leaning[:-1] @ vector + self._leaning[-1]))))


def log_softmax(logits: Vector) -> Vector:
    """The logarithms of the probabilities that belong to these logits."""
    shifted: Vector = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum(dtype=np.float32)))
