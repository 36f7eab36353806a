"""Helpers for writing down a shipped intent.

Weights: 0.5 is a faint hint, 1 a hint, 2 a sign, 3 and more a clear request. A pattern's named
group says to users what it found.
"""

from typing import Literal, TypedDict


class RuleData(TypedDict):
    """One rule; the fields of `routing.intents.IntentRule`."""

    kind: Literal["keyword", "pattern"]
    text: str
    weight: float


class IntentData(TypedDict):
    """One intent; the fields of `routing.intents.IntentSpec`."""

    name: str
    description: str
    examples: tuple[str, ...]
    rules: tuple[RuleData, ...]


def keywords(weight: float, words: str) -> list[RuleData]:
    """Return one rule for each of the comma-separated `words`; a word given twice counts once."""
    unique = dict.fromkeys(word.strip() for word in words.split(","))
    return [{"kind": "keyword", "text": word, "weight": weight} for word in unique]


def pattern(weight: float, phrase: str, text: str) -> list[RuleData]:
    """Return a rule for an RE2 pattern; `phrase`, with underscores, is what it says to users."""
    return [{"kind": "pattern", "text": f"(?P<{phrase}>{text})", "weight": weight}]


def intent(
    name: str, description: str, *rules: list[RuleData], examples: tuple[str, ...]
) -> IntentData:
    """Return the intent with all its rules in one list."""
    flat = tuple(rule for group in rules for rule in group)
    return {"name": name, "description": description, "examples": examples, "rules": flat}


# What may stand before the verb of a request.
ASK = r"^[\s[:punct:]¿¡«„“]*(?:(?:hi|hello|hey|ok|okay|so|now|please|pls|kindly|just|bitte|svp|por favor|can|could|would|will|you|i|want|need|would like|to|help|me|kannst du|peux-tu|puedes|podrías|pode|puoi|kun je)\W+){0,6}"
MAKE = r"(?:write|create|make|build|implement|code|generate|give|show|need|want|looking for|produce|compose|draft|come up with|suggest|prepare|craft|invent)"
MAKE_ABROAD = r"(?:schreib\w*|erstell\w*|brauche|verfass\w*|[ée]cri[st]\w*|r[ée]dige\w*|cr[ée]e\w*|fais|escrib\w+|redacta\w*|crea|hazme|necesito|escrev\w+|redija|crie|preciso|scriv\w+|schrijf|maak|napisz|stwórz|напиши\S*|создай\S*|составь|skriv)"
