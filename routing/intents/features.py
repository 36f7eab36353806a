"""Turns a message into numbers: each short piece of it counts as one feature.

Pieces are runs of two to five characters, words, and pairs and triples of words; the beginning and the
end of a message count once more by themselves, for they say most about what is wanted. A piece's hash is
the number of its feature, so no vocabulary is kept (feature hashing,
https://arxiv.org/abs/0902.2206). All pieces of one length are hashed at once, by prefix sums of a
polynomial, as in https://en.wikipedia.org/wiki/Rolling_hash.
"""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

HEAD_CHARS, TAIL_CHARS = 1_200, 400
"""What is read of a long message."""
BITS = 18
RUNS = (2, 3, 4, 5)
BEGINNING_CHARS, END_CHARS = 28, 16

Numbers = NDArray[np.int64]
_Hashes = NDArray[np.uint64]

_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_ZEROS = str.maketrans("123456789", "000000000")
_BASE = 0x9E3779B97F4A7C15
_MIXER = np.uint64(0xD6E8FEB86659FD93)
_MOST_CHARS = HEAD_CHARS + TAIL_CHARS + 8


def _powers(base: int) -> _Hashes:
    powers = [1]
    for _ in range(_MOST_CHARS):
        powers.append(powers[-1] * base % 2**64)
    return np.array(powers, np.uint64)


_POWERS, _INVERSES = _powers(_BASE), _powers(pow(_BASE, -1, 2**64))


def _salt(name: str) -> np.uint64:
    """What keeps features of one kind apart from those of another (FNV-1a)."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return np.uint64(value)


_RUN = {length: _salt(f"run {length}") for length in RUNS}
_BEGINNING, _END, _WORDS = _salt("beginning"), _salt("end"), _salt("words")
_FIRST, _LAST = _salt("first words"), _salt("last words")


class Pieces:
    """All pieces of one message: each one's hash, and from where to where it goes in `text`."""

    def __init__(self, text: str) -> None:
        """Fold `text` and hash its pieces. Never raises."""
        self.text = folded(text)
        codes = np.frombuffer(self.text.encode("utf-32-le"), np.uint32).astype(np.uint64)
        size = len(codes)
        self._sums = np.zeros(size + 1, np.uint64)
        np.cumsum((codes + np.uint64(1)) * _POWERS[:size], out=self._sums[1:])
        self.hashes: list[_Hashes] = []
        self.spans: list[tuple[Numbers, Numbers]] = []
        places = np.arange(size + 1)
        for length in RUNS:
            starts = places[: max(0, size - length + 1)]
            self._add(starts, starts + length, _RUN[length])
            self._add(starts[:BEGINNING_CHARS], starts[:BEGINNING_CHARS] + length, _BEGINNING)
            self._add(starts[-END_CHARS:], starts[-END_CHARS:] + length, _END)
        self._add_words()

    def _add_words(self) -> None:
        words = np.array([found.span() for found in _WORD.finditer(self.text)], np.int64)
        starts, ends = words.reshape(-1, 2).T
        for count in (1, 2, 3):
            self._add(starts[: len(starts) - count + 1], ends[count - 1 :], _WORDS)
        self._add(starts[:3], ends[:3], _FIRST)
        self._add(starts[-2:], ends[-2:], _LAST)

    def _add(self, starts: Numbers, ends: Numbers, salt: np.uint64) -> None:
        mixed = (self._sums[ends] - self._sums[starts]) * _INVERSES[starts]
        mixed = (mixed ^ salt) * _MIXER
        mixed = (mixed ^ (mixed >> np.uint64(32))) * _MIXER
        self.hashes.append(mixed >> np.uint64(64 - BITS))
        self.spans.append((starts, ends))


def features(text: str) -> Numbers:
    """The numbers of the features that a message has, each once, below `2 ** BITS`.

    Time is bounded: of a long message only its beginning and end are read.
    """
    return np.unique(np.concatenate(Pieces(text).hashes)).astype(np.int64)


def folded(text: str) -> str:
    """Cut `text`, and write it in small letters with single spaces, zeros for digits, spaces around."""
    text = text.strip()
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        text = f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"
    if text.isascii():
        text = text.lower()
    else:
        # A lone surrogate becomes a question mark; the dot that stays of a Turkish capital I goes.
        text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8"))
        text = text.casefold().replace("\u0307", "")[: HEAD_CHARS + TAIL_CHARS]
    lines = (" ".join(line.split()) for line in text.translate(_ZEROS).split("\n"))
    return " " + "\n".join(lines) + " "
