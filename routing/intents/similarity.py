"""Finds the intents whose examples a message resembles.

A small bag of features, weighed once by log-odds: a word that only one intent's examples use
speaks for that intent, a word that all use speaks for none. Deterministic, and of use from the
first few examples on, because rare evidence is pulled towards the common rate.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from routing.intents.text import Prepared, is_unspaced, prepare
from routing.intents.types import Evidence

MAX_WEIGHT = 2.0
MIN_WEIGHT = 0.1
_SCALE = 0.65
_PRIOR_EXAMPLES = 4.0
_DAMPING = 4.0
"""Keeps the likeness small for a message of only one or two words."""
_STEM_CHARS = 5
_MAX_WORDS = 120


class Similarity:
    """Weights that were computed from the examples of all intents."""

    def __init__(self, examples: Mapping[str, Sequence[str]]) -> None:
        """Compute the weights from intent -> examples; empty examples are ignored."""
        bags = {
            intent: [bag for text in texts if (bag := features(prepare(text)))]
            for intent, texts in examples.items()
        }
        counts = {
            intent: Counter(feature for bag in intent_bags for feature in bag)
            for intent, intent_bags in bags.items()
        }
        sizes = {intent: len(intent_bags) for intent, intent_bags in bags.items()}
        self._weights = _log_odds(counts, sizes)

    def evidence(self, prepared: Prepared) -> list[tuple[str, Evidence]]:
        """Return (intent, evidence) for each intent whose examples the message resembles."""
        bag = features(prepared)
        totals: dict[str, float] = defaultdict(float)
        telling: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for feature in bag:
            for intent, weight in self._weights.get(feature, ()):
                totals[intent] += weight
                if weight > 0:
                    telling[intent].append((weight, feature))
        norm = _SCALE / math.sqrt(len(bag) + _DAMPING)
        found = []
        for intent, total in totals.items():
            weight = round(min(MAX_WEIGHT, total * norm), 3)
            if weight >= MIN_WEIGHT:
                words = [feature for _, feature in sorted(telling[intent], reverse=True)[:3]]
                found.append((intent, Evidence("like its examples", ", ".join(words), weight)))
        return found


def features(prepared: Prepared) -> set[str]:
    """Return the words, word pairs and stems of a text; for unspaced scripts, character pairs."""
    words = prepared.words[:_MAX_WORDS]
    bag = {f"{first} {second}" for first, second in pairwise(words)}
    for word in words:
        if is_unspaced(word):
            bag.update(word[start : start + 2] for start in range(max(1, len(word) - 1)))
            continue
        bag.add(word)
        if len(word) > _STEM_CHARS:
            bag.add(f"{word[:_STEM_CHARS]}…")
    return bag


def _log_odds(
    counts: Mapping[str, Counter[str]], sizes: Mapping[str, int]
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return feature -> (intent, log of its rate in that intent's examples over the others')."""
    total_size = sum(sizes.values())
    totals: Counter[str] = Counter()
    for count in counts.values():
        totals.update(count)
    weights = {}
    for feature, total in totals.items():
        if total < 2 and " " in feature:
            continue  # A pair of words seen once says nothing that its words do not.
        prior = (total + 0.5) / (total_size + 1)
        row = []
        for intent, count in counts.items():
            if not sizes[intent]:
                continue
            here = (count[feature] + _PRIOR_EXAMPLES * prior) / (sizes[intent] + _PRIOR_EXAMPLES)
            others_size = total_size - sizes[intent]
            there = (total - count[feature] + _PRIOR_EXAMPLES * prior) / (
                others_size + _PRIOR_EXAMPLES
            )
            row.append((intent, math.log(here / there)))
        weights[feature] = tuple(row)
    return weights
