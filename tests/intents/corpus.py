"""The labelled prompts, and how right and wrong answers to them are counted.

`held_out.jsonl` was committed before any rule existed and is never tuned on; `tuning.jsonl` is.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from routing.catalogue.intents import SHIPPED_INTENTS
from routing.intents import IntentSpec

SPECS = msgspec.convert(SHIPPED_INTENTS, tuple[IntentSpec, ...])
NAMES = tuple(spec.name for spec in SPECS)


class Labelled(msgspec.Struct, frozen=True):
    """One prompt, and the intent that a person would give it."""

    text: str
    intent: str
    previous: str | None
    lang: str


def read(name: str) -> tuple[Labelled, ...]:
    path = Path(__file__).with_name(f"{name}.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(msgspec.convert(json.loads(line), Labelled) for line in lines)


HELD_OUT = read("held_out")
TUNING = read("tuning")


class Confusion:
    """How often each intent was taken for which."""

    def __init__(self, rows: Sequence[Labelled], guess: Callable[[Labelled], str]) -> None:
        self._counts = Counter((row.intent, guess(row)) for row in rows)

    def share_right(self, intent: str | None = None) -> float:
        wanted = [intent] if intent else NAMES
        total = sum(count for (label, _), count in self._counts.items() if label in wanted)
        return sum(self._counts[name, name] for name in wanted) / total

    def lines(self) -> list[str]:
        head = " " * 20 + "".join(f"{name[:9]:>11}" for name in NAMES) + "      right"
        body = [
            f"{label:20}"
            + "".join(f"{self._counts[label, name]:>11}" for name in NAMES)
            + f"{self.share_right(label):>11.1%}"
            for label in NAMES
        ]
        return [head, *body, f"{'all':20}{self.share_right():>{11 * (len(NAMES) + 1)}.1%}"]


class BagOfWords:
    """Multinomial naive Bayes over words: what a detector must beat to be worth its rules."""

    def __init__(self, rows: Sequence[Labelled]) -> None:
        self._words: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
        self._labels = Counter(row.intent for row in rows)
        for row in rows:
            self._words[row.intent].update(words(row.text))
        self._vocabulary = len(set().union(*self._words.values()))

    def guess(self, row: Labelled) -> str:
        return max(NAMES, key=lambda name: self._log_probability(name, words(row.text)))

    def _log_probability(self, name: str, text_words: Sequence[str]) -> float:
        counts = self._words[name]
        size = counts.total() + self._vocabulary
        return math.log(self._labels[name]) + sum(
            math.log((counts[word] + 1) / size) for word in text_words
        )


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
