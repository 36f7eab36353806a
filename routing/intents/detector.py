"""Detects a message's intent, and says why.

Every intent's score is the plain sum of its evidence: rules that hold, likeness to its examples,
and, for a message that refers to an earlier one, the previous turn's intent. The fallback intent
starts with a fixed score, so that it wins whenever nothing else claims the message.
"""

from collections import defaultdict
from collections.abc import Sequence

from routing.intents.follow_up import FollowUp
from routing.intents.rules import Hit, Keywords, Patterns, check_rule
from routing.intents.similarity import Similarity
from routing.intents.text import Prepared, prepare
from routing.intents.types import Detection, Evidence, IntentRule, IntentSpec, Score

FALLBACK_INTENT = "ambiguous_or_other"
FALLBACK_SCORE = 1.0
"""What another intent must exceed to claim a short message: one plain keyword and a little more."""
FALLBACK_SCORE_LONG = 0.4
LONG_WORDS = 8
"""From this many words on a message is rarely unclear, so that slighter signs may claim it."""
EMPTY_SCORE = 5.0
CUE_WEIGHT = 3.2
LOST_CUE_WEIGHT = 1.0
"""What a cue adds to the fallback when there is no previous turn that it can refer to."""
THREAD_WEIGHT = 1.1
"""What the previous turn adds to its intent without a cue: enough to outweigh faint signs."""
CLEAR_LEAD = 0.5

_Reasons = dict[str, list[Hit]]


class Detector:
    """Detects intents by the rules and examples it was made with. Immutable, and thread-safe."""

    def __init__(self, specs: Sequence[IntentSpec]) -> None:
        """Compile `specs`; equal scores go to the earlier one.

        The fallback intent is added if it is missing. A rule that `check_rule` refuses is left
        out: forms refuse it with its reason, and one bad row must not stop all routing.
        """
        names = [spec.name for spec in specs]
        self._names = tuple(dict.fromkeys([*names, FALLBACK_INTENT]))
        rules = [
            (spec.name, rule) for spec in specs for rule in spec.rules if check_rule(rule) is None
        ]
        self._patterns = Patterns(_of_kind(rules, "pattern"))
        self._keywords = Keywords(_of_kind(rules, "keyword"))
        self._similarity = Similarity(
            {spec.name: (*spec.examples, spec.description) for spec in specs}
        )
        self._follow_up = FollowUp()

    def detect(self, text: str, *, previous_intent: str | None = None) -> Detection:
        """Return the intent of `text`, every intent's score, and why.

        `previous_intent` is the intent of the thread's last turn; an unknown one is ignored.
        Looks at the first 3,000 and last 1,000 characters. Raises nothing.
        """
        prepared = prepare(text)
        previous = previous_intent if previous_intent in self._names else None
        reasons = self._reasons(prepared, previous)
        scores = sorted(
            (_score(name, reasons.get(name, [])) for name in self._names),
            key=lambda score: -score.score,
        )
        best, second = scores[0], scores[1] if len(scores) > 1 else None
        claimed = best.intent != FALLBACK_INTENT or len(best.evidence) > 1
        return Detection(
            intent=best.intent,
            scores=tuple(scores),
            reason=_reason(best, reasons[best.intent]),
            confident=claimed and (second is None or best.score - second.score >= CLEAR_LEAD),
        )

    def _reasons(self, prepared: Prepared, previous: str | None) -> _Reasons:
        reasons: _Reasons = defaultdict(list)
        for intent, hit in (*self._patterns.hits(prepared), *self._keywords.hits(prepared)):
            reasons[intent].append(hit)
        for intent, evidence in self._similarity.evidence(prepared):
            phrase = f"reads like {intent.replace('_', ' ')}"
            reasons[intent].append(Hit(evidence, phrase))
        if not self._lean_on_previous(prepared, previous, reasons):
            reasons[FALLBACK_INTENT].append(Hit(_base(prepared), "it is not clear what is asked"))
        return reasons

    def _lean_on_previous(
        self, prepared: Prepared, previous: str | None, reasons: _Reasons
    ) -> bool:
        """Add evidence from the previous turn; return whether that turn's intent claims the message."""
        cue = self._follow_up.cue(prepared)
        if cue and previous is None:
            evidence = Evidence("points at something not given", cue, LOST_CUE_WEIGHT)
            reasons[FALLBACK_INTENT].append(Hit(evidence, "it is not clear what is meant"))
        elif cue and previous is not None:
            evidence = Evidence("follows the previous turn", cue, CUE_WEIGHT)
            reasons[previous].append(Hit(evidence, "follows on from the last message"))
        elif previous is not None and prepared.has_content:
            evidence = Evidence("the thread's previous turn", "", THREAD_WEIGHT)
            reasons[previous].append(Hit(evidence, "follows on from the last message"))
        return bool(cue) and previous is not None


def _base(prepared: Prepared) -> Evidence:
    if not prepared.has_content:
        return Evidence("no words", "", EMPTY_SCORE)
    is_long = len(prepared.words) >= LONG_WORDS
    score = FALLBACK_SCORE_LONG if is_long else FALLBACK_SCORE
    return Evidence("nothing else claims it", "", score)


def _of_kind(rules: Sequence[tuple[str, IntentRule]], kind: str) -> list[tuple[str, IntentRule]]:
    return [(intent, rule) for intent, rule in rules if rule.kind == kind]


def _score(intent: str, hits: Sequence[Hit]) -> Score:
    evidence = sorted((hit.evidence for hit in hits), key=lambda item: -item.weight)
    total = round(sum(item.weight for item in evidence), 3)
    return Score(intent, total, tuple(evidence))


def _reason(best: Score, hits: Sequence[Hit]) -> str:
    heaviest = max(hits, key=lambda hit: hit.evidence.weight)
    return heaviest.phrase or f"mentions “{heaviest.evidence.matched}”"
