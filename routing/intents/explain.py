"""Says why a message was taken for an intent: the words that weighed most, and known messages like it.

For staff who ask; deciding needs none of it.
"""

import msgspec
import numpy as np

from routing.intents.features import Pieces
from routing.intents.head import Scorer
from routing.intents.model import Model
from routing.intents.text import WORD

MOST_WORDS = 6
LEAST_SHARE = 0.05
"""Of the largest; what weighs less is not shown."""


class Word(msgspec.Struct, frozen=True):
    """A word of the message, and how much it spoke for the intent."""

    text: str
    weight: float


def telling_words(text: str, intent: str, *, model: Model, scorer: Scorer) -> tuple[Word, ...]:
    """The words of `text` that spoke for `intent` rather than for the others, the heaviest first.

    A word's weight is that of all pieces in it; a piece of several words counts for each in part.
    """
    if intent not in scorer.intents:
        return ()
    pieces = Pieces(text)
    weights = scorer.weights[scorer.intents.index(intent)] - scorer.weights.mean(0)
    along = np.zeros(len(pieces.text) + 1)
    for due, (starts, ends) in zip(model.shares(pieces, weights[:-1]), pieces.spans, strict=True):
        each = due / np.maximum(1, ends - starts)
        np.add.at(along, starts, each)
        np.add.at(along, ends, -each)
    sums = np.concatenate([[0.0], np.cumsum(np.cumsum(along)[:-1])])
    found: dict[str, float] = {}
    for match in WORD.finditer(pieces.text):
        weight = float(sums[match.end()] - sums[match.start()])
        found[match.group()] = found.get(match.group(), 0.0) + weight
    best = sorted(found.items(), key=lambda item: -item[1])[:MOST_WORDS]
    least = LEAST_SHARE * best[0][1] if best else 0.0
    return tuple(Word(word, round(weight, 3)) for word, weight in best if weight > max(0.0, least))
