"""Detects a message's intent, and says how sure that is.

The learned model gives each intent a probability; a rule of staff's that holds moves its intent's up by
its weight. A message of which the best guess is less likely than staff ask for goes where they say:
to the fallback intent, or where the message before went.
"""

from collections.abc import Sequence

import numpy as np

from routing.intents import model
from routing.intents.head import Head, Scorer, Vector, log_softmax
from routing.intents.rules import Hit, Keywords, Patterns, check_rule
from routing.intents.text import prepare
from routing.intents.types import (
    FALLBACK_INTENT,
    Detection,
    Evidence,
    IntentRule,
    IntentSpec,
    Score,
    Unsure,
)

RULE_SCALE = 2.0
"""What weight 1 adds to the logarithm of a probability: 1 is a hint, 3 outweighs most guesses."""
UNLEARNED = -5.0
"""The logarithm of the probability of an intent that no example was learned from: only rules find it."""
LEANS = 0.6
"""From here on a message is said to go on from the one before."""
GOES_ON = "follows on from the last message"
NO_CONTENT = "there are no words"


class Detector:
    """Detects intents by the rules and the head it was made with. Immutable, and thread-safe."""

    def __init__(
        self,
        specs: Sequence[IntentSpec],
        *,
        head: Head | None = None,
        unsure: Unsure | None = None,
    ) -> None:
        """Compile `specs`. `head`: what was learned of them; None for what ships.

        The fallback intent is added if it is missing. A rule that `check_rule` refuses is left
        out: forms refuse it with its reason, and one bad row must not stop all routing.
        """
        names = dict.fromkeys([*(spec.name for spec in specs), FALLBACK_INTENT])
        self._names = tuple(names)
        self._unsure = unsure or Unsure()
        self._model = model.shipped()
        self._scorer = Scorer(head or model.shipped_head())
        places = {name: place for place, name in enumerate(self._scorer.intents)}
        self._learned = np.array([name in places for name in names])
        self._places = np.array([places[name] for name in names if name in places])
        rules = [
            (spec.name, rule) for spec in specs for rule in spec.rules if check_rule(rule) is None
        ]
        self._patterns = Patterns(_of_kind(rules, "pattern"))
        self._keywords = Keywords(_of_kind(rules, "keyword"))

    def detect(self, text: str, *, previous_intent: str | None = None) -> Detection:
        """Return the intent of `text`, every intent's probability, and why.

        `previous_intent` is the intent of the thread's last turn; an unknown one is ignored.
        Looks at the beginning and the end of a long text. Raises nothing.
        """
        prepared = prepare(text)
        if not prepared.has_content:
            return self._of_nothing()
        previous = previous_intent if previous_intent in self._names else None
        hits = [*self._patterns.hits(prepared), *self._keywords.hits(prepared)]
        vector = self._model.vector(text)
        said = self._said(vector, previous)
        for name, hit in hits:
            said[self._names.index(name)] += RULE_SCALE * hit.evidence.weight
        chances = np.exp(log_softmax(said))
        leans = previous is not None and self._scorer.lean(vector) > LEANS
        return self._detection(chances, hits, previous, leans=leans)

    def _said(self, vector: Vector, previous: str | None) -> Vector:
        """The logarithm of each intent's probability before any rule."""
        said = np.full(len(self._names), UNLEARNED, np.float32)
        said[self._learned] = log_softmax(self._scorer.scores(vector, previous)[self._places])
        return said

    def _detection(
        self,
        chances: Vector,
        hits: Sequence[tuple[str, Hit]],
        previous: str | None,
        *,
        leans: bool,
    ) -> Detection:
        scores = sorted(
            (
                Score(name, round(float(chance), 4), _evidence(name, hits))
                for name, chance in zip(self._names, chances, strict=True)
            ),
            key=lambda score: -score.score,
        )
        best = scores[0]
        sure = best.score >= self._unsure.below
        instead = previous if self._unsure.then == "previous" else None
        return Detection(
            intent=best.intent if sure else instead or FALLBACK_INTENT,
            scores=tuple(scores),
            reason=self._reason(best.intent, hits, leans and best.intent == previous)
            if sure
            else "",
            confident=sure,
        )

    @staticmethod
    def _reason(intent: str, hits: Sequence[tuple[str, Hit]], goes_on: bool) -> str:
        """What the heaviest of the intent's rules found, or that the message goes on; for users."""
        said = [hit for name, hit in hits if name == intent]
        if not said:
            return GOES_ON * goes_on
        heaviest = max(said, key=lambda hit: hit.evidence.weight)
        return heaviest.phrase or f"mentions “{heaviest.evidence.matched}”"

    def _of_nothing(self) -> Detection:
        evidence = (Evidence(NO_CONTENT, "", 0.0),)
        others = (Score(name, 0.0, ()) for name in self._names if name != FALLBACK_INTENT)
        return Detection(
            intent=FALLBACK_INTENT,
            scores=(Score(FALLBACK_INTENT, 1.0, evidence), *others),
            reason="",
            confident=True,
        )


def _of_kind(rules: Sequence[tuple[str, IntentRule]], kind: str) -> list[tuple[str, IntentRule]]:
    return [(intent, rule) for intent, rule in rules if rule.kind == kind]


def _evidence(name: str, hits: Sequence[tuple[str, Hit]]) -> tuple[Evidence, ...]:
    found = (hit.evidence for intent, hit in hits if intent == name)
    return tuple(sorted(found, key=lambda item: -item.weight))
