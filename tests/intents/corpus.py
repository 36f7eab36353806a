"""The labelled prompts that nothing was learned from, and how right and wrong answers to them are counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from routing.catalogue.intents import SHIPPED_INTENTS
from routing.intents import IntentSpec, model

SPECS = msgspec.convert(SHIPPED_INTENTS, tuple[IntentSpec, ...])
NAMES = tuple(spec.name for spec in SPECS)


class Labelled(msgspec.Struct, frozen=True):
    """One prompt, and the intent that a person would give it."""

    text: str
    intent: str
    previous: str | None
    lang: str


def read(path: Path) -> tuple[Labelled, ...]:
    return tuple(
        msgspec.json.decode(line, type=Labelled) for line in path.read_bytes().splitlines()
    )


HELD_OUT = read(model.DATA / "held_out.jsonl")
"""As their author imagined messages."""
ANEW = read(Path(__file__).with_name("anew.jsonl"))
"""As others write them: of the kinds that public collections hold, written anew."""
KNOWN = read(model.DATA / "known.jsonl")
"""What was learned from."""


class Confusion:
    """How often each intent was taken for which."""

    def __init__(self, rows: Sequence[Labelled], guess: Callable[[Labelled], str]) -> None:
        self._counts = Counter((row.intent, guess(row)) for row in rows)

    def share_right(self, intent: str | None = None) -> float:
        wanted = [intent] if intent else NAMES
        total = sum(count for (label, _), count in self._counts.items() if label in wanted)
        return sum(self._counts[name, name] for name in wanted) / total

    def lines(self) -> list[str]:
        head = " " * 20 + "".join(f"{name[:9]:>11}" for name in NAMES) + "      right"
        body = [
            f"{label:20}"
            + "".join(f"{self._counts[label, name]:>11}" for name in NAMES)
            + f"{self.share_right(label):>11.1%}"
            for label in NAMES
        ]
        return [head, *body, f"{'all':20}{self.share_right():>{11 * (len(NAMES) + 1)}.1%}"]
