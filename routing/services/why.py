"""Says to staff why a message was taken for an intent, with the head that its policy version had."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np

from routing.intents import Said, explain, model
from routing.intents.head import Scorer, Vector
from routing.models import PolicyVersion
from routing.services import learning, policy_content
from routing.services.policy_content import PolicyContent, VersionUnreadable

KNOWN = model.DATA / "known.jsonl"
"""Messages that the shipped model learned from, written for this project."""
NEAREST = 3


class Neighbour(msgspec.Struct, frozen=True):
    """A known message like the one that was asked about."""

    text: str
    intent: str
    likeness: float
    """1 is the same."""


class Why(msgspec.Struct, frozen=True):
    """What spoke for an intent."""

    words: tuple[explain.Word, ...] = ()
    nearest: tuple[Neighbour, ...] = ()


def why(text: str, intent: str, *, version: int | None) -> Why:
    """The words that weighed most for `intent`, and the known messages that are most like `text`.

    `version`: the policy version that decided; nothing is said of one that cannot be read.
    """
    row = None if version is None else PolicyVersion.objects.filter(number=version).first()
    if row is None:
        return Why()
    try:
        content = policy_content.load(row)
    except VersionUnreadable:
        return Why()
    head = learning.head_for(content) or model.shipped_head()
    words = explain.telling_words(text, intent, model=model.shipped(), scorer=Scorer(head))
    return Why(words=words, nearest=_nearest(text, content))


def _nearest(text: str, content: PolicyContent) -> tuple[Neighbour, ...]:
    known, vectors = _known()
    ours = learning.said_by_staff(content)
    said = [*known, *ours]
    if ours:
        vectors = np.vstack([vectors, _placed(ours)])
    likeness = vectors @ _placed([Said(text=text, intent="")])[0]
    best = np.argsort(-likeness)[:NEAREST]
    return tuple(
        Neighbour(said[n].text, said[n].intent, round(float(likeness[n]), 2)) for n in best
    )


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[Said, ...], Vector]:
    said = tuple(msgspec.json.decode(line, type=Said) for line in KNOWN.read_bytes().splitlines())
    return said, _placed(said)


def _placed(said: Sequence[Said]) -> Vector:
    """The vectors of messages, each of length 1."""
    vectors = np.array([model.shipped().vector(each.text) for each in said])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)
