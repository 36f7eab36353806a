"""Finds the staff rules that hold for a message.

Patterns run on RE2, whose time is linear in the text, so that no pattern can stall the site:
https://github.com/google/re2/wiki/WhyRE2. They are searched one by one: an `re2.Set` of the
shipped patterns took four times as long on messages it had not seen, because it builds its large
automaton as it reads, and it reports nothing when it runs out of memory. A pattern may name a group to say in words
what it finds: `(?P<asks_for_a_function>write a function)`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

import msgspec
import re2

from routing.intents.text import Prepared, fold, is_unspaced, words_of
from routing.intents.types import Evidence, IntentRule

MAX_RULE_CHARS = 1_000
MAX_WEIGHT = 10.0
MAX_PROGRAM_SIZE = 3_000
"""In RE2 instructions. A pattern costs at most about this times the text's length."""
MAX_KEYWORDS_COUNTED = 4
"""Keywords of one intent that count in one message: more of them, as in a long pasted text, make the request no clearer."""
_SHOWN_CHARS = 60


class Hit(msgspec.Struct, frozen=True):
    """One rule that holds, and the words for end users that its author gave it, if any."""

    evidence: Evidence
    phrase: str


def check_rule(rule: IntentRule) -> str | None:
    """Return why `rule` cannot be used, as a sentence for its author, or None if it can."""
    if not rule.text.strip():
        return "The rule is empty."
    if len(rule.text) > MAX_RULE_CHARS:
        return f"The rule is longer than {MAX_RULE_CHARS:,} characters."
    if not math.isfinite(rule.weight) or not 0 < rule.weight <= MAX_WEIGHT:
        return f"The weight must be above 0 and at most {MAX_WEIGHT:g}."
    try:
        rule.text.encode()
    except UnicodeEncodeError:
        return "The rule contains a character that cannot be stored."
    if rule.kind == "pattern":
        return _check_pattern(rule.text)
    return None if words_of(fold(rule.text)) else "The keyword has no letter or digit."


def _check_pattern(text: str) -> str | None:
    try:
        compiled = re2.compile(text, case_insensitive())
    except re2.error as error:
        return f"The pattern is not valid RE2: {_message(error)}."
    if compiled.programsize > MAX_PROGRAM_SIZE:
        return "The pattern is too large. Use smaller repeat counts or fewer character classes."
    if compiled.search(b"") is not None:
        return "The pattern matches an empty message, so it would match every message."
    return None


def _message(error: re2.error) -> str:
    detail = error.args[0] if error.args else error
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)


def case_insensitive(*, captures: bool = False) -> re2.Options:
    """Return the options with which every pattern of this package is compiled.

    Without captures RE2 finds a match by its automaton alone, several times faster.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = not captures
    return options


class Patterns:
    """All patterns of all intents, compiled once."""

    def __init__(self, rules: Iterable[tuple[str, IntentRule]]) -> None:
        """Compile (intent, rule) pairs. Every rule must have passed `check_rule`."""
        self._searches = [
            (intent, rule, re2.compile(rule.text, case_insensitive()).search, _phrase(rule.text))
            for intent, rule in rules
        ]

    def hits(self, prepared: Prepared) -> list[tuple[str, Hit]]:
        """Return (intent, hit) for each pattern that matches, in the order of the rules."""
        raw = prepared.raw
        return [
            (intent, _pattern_hit(rule, phrase, match))
            for intent, rule, search, phrase in self._searches
            if (match := search(raw)) is not None
        ]


def _pattern_hit(rule: IntentRule, phrase: str, match: "re2._Match") -> Hit:
    # A character takes four bytes at most, so this many hold all that will be shown.
    matched = match.group()[: 4 * _SHOWN_CHARS].decode("utf-8", "ignore")
    name = f"pattern: {phrase}" if phrase else f"pattern {rule.text}"
    return Hit(Evidence(name, _shorten(matched), rule.weight), phrase)


def _phrase(text: str) -> str:
    groups = re2.compile(text, case_insensitive(captures=True)).groupindex
    return min(groups, key=groups.__getitem__).replace("_", " ") if groups else ""


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


class Keywords:
    """All keywords of all intents, indexed by their first word."""

    def __init__(self, rules: Iterable[tuple[str, IntentRule]]) -> None:
        """Index (intent, rule) pairs. Every rule must have passed `check_rule`."""
        self._by_first_word: dict[str, list[tuple[str, str, IntentRule]]] = defaultdict(list)
        self._anywhere: list[tuple[str, str, IntentRule]] = []
        for intent, rule in rules:
            folded = fold(rule.text)
            if is_unspaced(folded):
                self._anywhere.append((intent, folded, rule))
            else:
                self._by_first_word[words_of(folded)[0]].append((intent, folded, rule))

    def hits(self, prepared: Prepared) -> list[tuple[str, Hit]]:
        """Return (intent, hit) for the keywords found, at most four an intent, heaviest first."""
        text = prepared.folded
        found = [entry for entry in self._anywhere if entry[1] in text]
        for word in self._by_first_word.keys() & set(prepared.words):
            found += [entry for entry in self._by_first_word[word] if _has_word(text, entry[1])]
        found.sort(key=lambda entry: (-entry[2].weight, entry[1]))
        counted: dict[str, int] = defaultdict(int)
        hits = []
        for intent, keyword, rule in found:
            counted[intent] += 1
            if counted[intent] <= MAX_KEYWORDS_COUNTED:
                evidence = Evidence(f"keyword “{rule.text}”", keyword, rule.weight)
                hits.append((intent, Hit(evidence, "")))
        return hits


def _has_word(text: str, keyword: str) -> bool:
    """Whether `keyword` stands in `text` with no letter or digit joined to its own."""
    start = text.find(keyword)
    while start >= 0:
        end = start + len(keyword)
        joined_before = start > 0 and _is_letter(keyword[0]) and _is_letter(text[start - 1])
        joined_after = end < len(text) and _is_letter(keyword[-1]) and _is_letter(text[end])
        if not joined_before and not joined_after:
            return True
        start = text.find(keyword, start + 1)
    return False


def _is_letter(char: str) -> bool:
    return (char.isalnum() or char == "_") and not is_unspaced(char)
