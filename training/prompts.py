"""The prompts that the detector learns from, and where they are."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from routing.catalogue.intents import SHIPPED_INTENTS
from routing.intents import model

HERE = Path(__file__).parent
ROOT = HERE.parent
OPEN = ROOT.parent / "shared" / "prompts" / "open.jsonl"
INTENTS = (
    "social_chat",
    "coding_help",
    "editing_writing",
    "reasoning_math",
    "qa_retrieval",
    "ambiguous_or_other",
)
FALLBACK = INTENTS[-1]
LETTERS = dict(zip("scerqa", INTENTS, strict=True))


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and what is known of it."""

    text: str
    intent: str = ""
    """Empty where nobody has said it."""
    also: tuple[str, ...] = ()
    """Other intents that can be defended."""
    previous: str | None = None
    """The intent of the message before, for a follow-up."""
    lang: str = ""


def read(path: Path) -> tuple[Prompt, ...]:
    """The prompts of a file with one JSON object a line; fields that are not ours are ignored."""
    return tuple(msgspec.json.decode(line, type=Prompt) for line in path.read_bytes().splitlines())


def own() -> tuple[Prompt, ...]:
    """The prompts written for this project, and the examples that ship."""
    examples = (
        Prompt(text=text, intent=shipped["name"])
        for shipped in SHIPPED_INTENTS
        for text in shipped["examples"]
    )
    return (*read(model.DATA / "known.jsonl"), *examples, *follow_ups())


def follow_ups() -> Iterator[Prompt]:
    """Messages that say nothing by themselves: they go where the message before went, else nowhere."""
    for text in (HERE / "follow_ups.txt").read_text(encoding="utf-8").splitlines():
        yield Prompt(text=text, intent=FALLBACK)
        for intent in INTENTS:
            if intent not in (FALLBACK, "social_chat"):
                yield Prompt(text=text, intent=intent, previous=intent)


def key(text: str) -> str:
    """By what a public prompt is known in `labels.tsv`, which holds no texts."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def labels() -> dict[str, Prompt]:
    """What we have said of public prompts: the key of each, and a prompt without its text."""
    lines = (HERE / "labels.tsv").read_text().splitlines()[1:]
    return dict(map(_label, lines))


def _label(line: str) -> tuple[str, Prompt]:
    name, intent, also, previous = line.split("\t")
    return name, Prompt(
        text="",
        intent=LETTERS[intent],
        also=(LETTERS[also],) if also else (),
        previous=LETTERS[previous] if previous else None,
    )


def labelled(pool: Iterable[Prompt]) -> Iterator[Prompt]:
    """The pool, with our labels where there are some."""
    known = labels()
    for prompt in pool:
        said = known.get(key(prompt.text), prompt)
        yield msgspec.structs.replace(said, text=prompt.text, lang=prompt.lang)
