"""Reads from a model's name what the simulator is to do.

The grammar is written down in the package's docstring. A name that does not begin with `sim-` is a
normal model; one that does and cannot be read is refused, so that a misspelt name in a test does
not pass as a normal answer.
"""

import re

import msgspec

ERRORS = frozenset({"400", "401", "403", "404", "429", "500", "503", "toolong"})
"""Behaviours that answer with an error status and the vendor's error body."""

FAULTS = frozenset({"stall", "cut", "reset", "badevent", "error"})
"""Behaviours that break a reply after `after` deltas."""

REPLIES = frozenset(
    {"ok", "echo", "context", "code", "empty", "blank", "reasoning", "thinks"}
    | {"truncated", "filtered", "finish", "noend"}
)
SLOW = frozenset({"slowheaders", "slowtoken"})
USAGE = frozenset({"nousage", "usagetwice"})
NAMES = ERRORS | FAULTS | REPLIES | SLOW | USAGE | {"refused"}

KINDS: dict[str, frozenset[str]] = {
    "429": frozenset(
        {"header", "ms", "date", "reset", "message", "retryinfo", "none", "quota", "overloaded"}
    ),
    "refused": frozenset({"close"}),
    "cut": frozenset({"abrupt"}),
    "filtered": frozenset({"prompt"}),
    "truncated": frozenset({"thinking"}),
    "noend": frozenset({"close", "reset"}),
    "400": frozenset({"verify", "billing", "budget", "streamoptions", "maxtokens", "system"}),
}
"""The words that say which sort of a behaviour is meant."""
REFUSES_A_FIELD = frozenset({"streamoptions", "maxtokens", "system"})
"""Sorts of a 400 that are answered only while the request holds what they refuse."""

AFTER = {"stall": 3, "cut": 3, "reset": 3, "badevent": 3, "error": 0, "filtered": 6}
WAIT_MS = {"thinks": 3000}
NUMBERS = {
    "tokens": "tokens",
    "pace": "pace_ms",
    "after": "after",
    "wait": "wait_ms",
    "split": "split",
}
WORD = re.compile(r"([a-z]+)(\d*)")
FINISH_WORD = re.compile(r"[a-z_]+")


class Unreadable(Exception):
    """The grammar does not know this `sim-` name; the text says what and where."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """One readable name. Times end in their unit; counts are of deltas, words or bytes."""

    name: str = "ok"
    kind: str = ""
    delay: int | None = None
    """The number on the kind word: seconds of a 429's delay (milliseconds for `ms`)."""
    tokens: int = 40
    pace_ms: int = 15
    after: int = 0
    wait_ms: int = 15_000
    split: int = 0
    """Largest number of bytes in one write; 0 leaves writes whole."""
    leaks: bool = False
    """Whether an error's text repeats the key and the last message."""
    fails_first: int | None = None
    """How many calls fail before it answers normally; None means every call."""

    @property
    def label(self) -> str:
        """The name in the log and in error messages."""
        return f"{self.name}-{self.kind}" if self.kind else self.name


def parse(model: str) -> Behaviour:
    """The behaviour that a model's name asks for; a `vendor/` prefix is ignored.

    Raises Unreadable: the name begins with `sim-` and is not in the grammar.

    >>> parse("gpt-6-luna").name, parse("sim-429-header3").label, parse("sim-429-header3").delay
    ('ok', '429-header', 3)
    """
    bare = model.rpartition("/")[2]
    if not bare.startswith("sim-"):
        return Behaviour()
    words = bare.removeprefix("sim-").split("-")
    fails_first = None
    if words[0] == "flaky":
        if len(words) < 3 or not words[1].isdigit():
            raise Unreadable(f"{model}: flaky needs a number and a behaviour")
        fails_first, words = int(words[1]), words[2:]
    name = words[0]
    if name not in NAMES:
        raise Unreadable(f"{model}: no behaviour {name!r}")
    settings: dict[str, str | int | bool | None] = {"name": name, "after": AFTER.get(name, 0)}
    settings["wait_ms"] = WAIT_MS.get(name, 15_000)
    for word in words[1:]:
        settings |= _setting(model, name, word)
    return msgspec.convert({**settings, "fails_first": fails_first}, Behaviour)


def _setting(model: str, name: str, word: str) -> dict[str, str | int | bool | None]:
    """The setting that one word after the behaviour's name changes."""
    if word == "cached" or word.startswith("tag"):
        return {}
    if word == "leaky" and name in ERRORS:
        return {"leaks": True}
    match = WORD.fullmatch(word)
    key, number = match.groups() if match else ("", "")
    if key in KINDS.get(name, ()):
        return {"kind": key, "delay": int(number) if number else None}
    if key in NUMBERS and number:
        return {NUMBERS[key]: int(number)}
    if name == "finish" and FINISH_WORD.fullmatch(word):
        return {"kind": word}
    raise Unreadable(f"{model}: {name!r} does not know the word {word!r}")
