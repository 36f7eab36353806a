"""Fits a head to what staff have said: intents of their own, their examples and their corrections.

The shipped head is the start, and labelled messages that ship (`Anchors`) hold it where staff have said
nothing. So a new intent of ten examples draws few messages that are not its own. Only the head is
fitted, never the model, so this takes a second.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from routing.intents.head import Head
from routing.intents.model import Anchors, Matrix, Model

STEPS = 300
RATE = 0.7
STEADINESS = 0.001
"""How strongly weights are drawn back to where they were (for a new intent: to nothing)."""
MOST_WEIGHT = 60.0
"""An example weighs as much as so many anchors at most."""
SHARE = 0.15
"""All examples of one intent together weigh as much as this share of the anchors."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and the intent that staff say it has."""

    text: str
    intent: str
    previous: str | None = None


def fit(
    said: Sequence[Said],
    *,
    intents: Sequence[str],
    start: Head,
    model: Model,
    anchors: Anchors,
) -> Head:
    """A head for `intents`, which are all that may be found. Deterministic.

    Anchors of intents that are not among them are left out; the intents that `start` knows begin there.
    """
    names = tuple(dict.fromkeys(intents))
    begun = _begun(names, start, size=anchors.vectors.shape[1])
    lesson = _Lesson(said, names, begun, model, anchors)
    weights = _descend(np.array(begun.weights, np.float32), lesson)
    return msgspec.structs.replace(begun, weights=tuple(tuple(map(float, row)) for row in weights))


def _begun(names: tuple[str, ...], start: Head, *, size: int) -> Head:
    """A head that says of known intents what `start` does, and of new ones that they are unlikely."""
    places = {name: place for place, name in enumerate(start.intents)}
    stays = float(np.diag(np.array(start.follows)).mean())
    unlikely = (*[0.0] * size, min(row[-1] for row in start.weights) - 2.0)
    return Head(
        intents=names,
        weights=tuple(start.weights[places[n]] if n in places else unlikely for n in names),
        leaning=start.leaning,
        follows=tuple(
            tuple(_follows(before, name, start, places, stays) for name in names)
            for before in names
        ),
    )


def _follows(before: str, name: str, start: Head, places: dict[str, int], stays: float) -> float:
    if before in places and name in places:
        return start.follows[places[before]][places[name]]
    return stays if before == name else 0.0


class _Lesson:
    """Anchors and examples as one set: vectors, the right intent of each, and what it weighs."""

    def __init__(
        self,
        said: Sequence[Said],
        names: tuple[str, ...],
        head: Head,
        model: Model,
        anchors: Anchors,
    ) -> None:
        places = {name: place for place, name in enumerate(names)}
        kept = np.array([name in places for name in anchors.intents])
        said = [each for each in said if each.intent in places and each.text.strip()]
        size = anchors.vectors.shape[1]
        ours = np.array([model.vector(each.text) for each in said], np.float32).reshape(-1, size)
        alone = np.ones((int(kept.sum()) + len(said), 1), np.float32)
        self.vectors = np.hstack([np.vstack([anchors.vectors[kept], ours]), alone])
        known = [name for name in anchors.intents if name in places]
        right = [places[name] for name in [*known, *(each.intent for each in said)]]
        self.wanted = np.eye(len(names), dtype=np.float32)[right]
        befores = [
            p for p, name in zip(anchors.previous, anchors.intents, strict=True) if name in places
        ]
        self.given = self._given(head, places, [*befores, *(each.previous or "" for each in said)])
        weights = np.ones(len(right), np.float32)
        weights[len(known) :] = _weights(said, anchors_count=len(known))
        self.weights = (weights / weights.sum())[:, None]

    def _given(self, head: Head, places: dict[str, int], befores: Sequence[str]) -> Matrix:
        """What the messages before add to each intent's logit; it is not fitted."""
        follows = np.vstack(
            [np.array(head.follows, np.float32), np.zeros((1, len(places)), np.float32)]
        )
        lean = 1 / (1 + np.exp(-(self.vectors @ np.array(head.leaning, np.float32))))
        rows = follows[[places.get(name, len(places)) for name in befores]]
        return np.asarray(rows * lean[:, None])


def _weights(said: Sequence[Said], *, anchors_count: int) -> list[float]:
    counts: dict[str, int] = {}
    for each in said:
        counts[each.intent] = counts.get(each.intent, 0) + 1
    return [min(MOST_WEIGHT, SHARE * anchors_count / counts[each.intent]) for each in said]


def _descend(start: Matrix, lesson: _Lesson) -> Matrix:
    """Nesterov's accelerated descent (https://arxiv.org/abs/1412.6980 section 5 names its kin)."""
    weights, before = start.copy(), start.copy()
    for step in range(STEPS):
        ahead = weights + step / (step + 3) * (weights - before)
        logits = lesson.vectors @ ahead.T + lesson.given
        raised = np.exp(logits - logits.max(1, keepdims=True))
        off = (raised / raised.sum(1, keepdims=True) - lesson.wanted) * lesson.weights
        before = weights
        weights = ahead - RATE * (off.T @ lesson.vectors + STEADINESS * (ahead - start))
    return weights
