"""The plain values that go into a detection and come out of it."""

from typing import Literal

import msgspec

FALLBACK_INTENT = "ambiguous_or_other"
"""The intent of messages that no other claims; it is always there."""


class Unsure(msgspec.Struct, frozen=True):
    """What becomes of a message whose best guess is not likely enough."""

    below: float = 0.35
    """A probability, from 0 (every guess counts) to 1."""
    then: Literal["fallback", "previous"] = "fallback"
    """`previous`: where the message before went, if there is one."""


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
    """How likely it is that the message has one intent, and the rules that spoke for it."""

    intent: str
    score: float
    """A probability, from 0 to 1."""
    evidence: tuple[Evidence, ...]


class Detection(msgspec.Struct, frozen=True):
    """The intent chosen for a message, with every score and the reason."""

    intent: str
    scores: tuple[Score, ...]
    """Every intent, the highest score first."""
    reason: str
    """A short phrase for end users, such as "asks for a function"; "" where no rule holds."""
    confident: bool
    """Whether the best guess was likely enough."""
