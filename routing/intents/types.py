"""The plain values that go into a detection and come out of it."""

from typing import Literal

import msgspec


class IntentRule(msgspec.Struct, frozen=True):
    """One sign of an intent: a whole word or phrase, or an RE2 pattern. Case never matters."""

    kind: Literal["keyword", "pattern"]
    text: str
    weight: float
    """What the rule adds to its intent's score, once per message. 1 is a hint, 3 a clear request."""


class IntentSpec(msgspec.Struct, frozen=True):
    """One intent as staff describe it."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    rules: tuple[IntentRule, ...] = ()


class Evidence(msgspec.Struct, frozen=True):
    """One reason for a score, in words that staff understand."""

    rule: str
    matched: str
    weight: float


class Score(msgspec.Struct, frozen=True):
    """How strongly one intent claims the message: the sum of its evidence."""

    intent: str
    score: float
    evidence: tuple[Evidence, ...]


class Detection(msgspec.Struct, frozen=True):
    """The intent chosen for a message, with every score and the reason."""

    intent: str
    scores: tuple[Score, ...]
    """Every intent, the highest score first."""
    reason: str
    """A short phrase for end users, such as "asks for a function"."""
    confident: bool
    """Whether the chosen intent is clearly ahead of the others."""
