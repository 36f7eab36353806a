"""Learns from what staff wrote: their own intents, and examples that do not ship.

A worker does it, once for each set of intents and examples; policy versions with the same set share what
was learned, and a revert finds it again. Until it is there, the last head serves.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from django.db import transaction

from routing.catalogue.intents import SHIPPED_INTENTS
from routing.intents import Head, Said, fitting, model
from routing.intents.head import Scorer
from routing.models import LearnedHead, PolicyVersion, Revision
from routing.services import policy_content
from routing.services.policy_content import PolicyContent

SHIPPED_EXAMPLES = {
    (intent["name"], example) for intent in SHIPPED_INTENTS for example in intent["examples"]
}
HELD_OUT = Path(model.__file__).with_name("learned") / "held_out.jsonl"
"""Prompts that nothing was learned from, to measure with."""
PARTS = 3
"""Staff's examples are judged by heads that were fitted without a third of them each."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """How often messages were taken for what they are."""

    right: int
    count: int
    confused: dict[str, dict[str, int]]
    """The right intent -> what it was taken for -> how often."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What learning changed, on prompts that nothing was learned from."""

    held_out_before: Judged
    held_out_after: Judged
    examples_before: Judged
    examples_after: Judged
    """Each of staff's examples by a head that had not seen it."""


def said_by_staff(content: PolicyContent) -> tuple[Said, ...]:
    """The examples of enabled intents that do not ship."""
    return tuple(
        Said(text=text, intent=spec.name)
        for spec in policy_content.specs(content)
        for text in spec.examples
        if (spec.name, text) not in SHIPPED_EXAMPLES
    )


def digest(content: PolicyContent) -> str:
    """What names a set of intents and examples; "" where there is nothing to learn beyond what ships."""
    said = said_by_staff(content)
    if not said:
        return ""
    names = [spec.name for spec in policy_content.specs(content)]
    return hashlib.sha256(
        msgspec.json.encode([sorted(names), sorted(map(_pair, said))])
    ).hexdigest()


def _pair(said: Said) -> tuple[str, str]:
    return said.intent, said.text


def is_learned(content: PolicyContent) -> bool:
    """Whether what staff wrote has been learned, or there is nothing to learn."""
    name = digest(content)
    return not name or LearnedHead.objects.filter(digest=name).exists()


def head_for(content: PolicyContent) -> Head | None:
    """The head for a content; the newest one while its own is not there; None: the one that ships."""
    name = digest(content)
    if not name:
        return None
    heads = LearnedHead.objects.defer("report")
    row = heads.filter(digest=name).first() or heads.first()
    return msgspec.convert(row.head, Head) if row else None


def report_for(content: PolicyContent) -> Report | None:
    """What learning from a content changed; None where nothing was learned, or not yet."""
    row = LearnedHead.objects.filter(digest=digest(content)).only("report").first()
    return msgspec.convert(row.report, Report) if row else None


def learn() -> LearnedHead | None:
    """Learn what the version in force asks for; None where that is done. For a worker.

    Raises VersionUnreadable, and PolicyVersion.DoesNotExist before the first seed.
    """
    content = policy_content.load(PolicyVersion.objects.latest("number"))
    name = digest(content)
    if not name or LearnedHead.objects.filter(digest=name).exists():
        return None
    said = said_by_staff(content)
    names = [spec.name for spec in policy_content.specs(content)]
    head = _fit(said, names)
    report = _report(said, names, head_for(content) or model.shipped_head(), head)
    with transaction.atomic():
        row, made = LearnedHead.objects.get_or_create(
            digest=name,
            defaults={"head": msgspec.to_builtins(head), "report": msgspec.to_builtins(report)},
        )
        Revision.bump()
    return row if made else None


def _fit(said: Sequence[Said], names: Sequence[str]) -> Head:
    return fitting.fit(
        said,
        intents=names,
        start=model.shipped_head(),
        model=model.shipped(),
        anchors=model.anchors(),
    )


def _report(said: Sequence[Said], names: Sequence[str], before: Head, after: Head) -> Report:
    held_out = [msgspec.json.decode(line, type=Said) for line in HELD_OUT.read_bytes().splitlines()]
    judged = [
        (each, guess)
        for part in range(PARTS)
        for each, guess in _guesses(said[part::PARTS], _fit(_without(said, part), names))
    ]
    return Report(
        held_out_before=_judged(_guesses(held_out, before)),
        held_out_after=_judged(_guesses(held_out, after)),
        examples_before=_judged(_guesses(said, before)),
        examples_after=_judged(judged),
    )


def _without(said: Sequence[Said], part: int) -> list[Said]:
    return [each for place, each in enumerate(said) if place % PARTS != part]


def _guesses(said: Sequence[Said], head: Head) -> list[tuple[Said, str]]:
    scorer, shipped = Scorer(head), model.shipped()
    return [
        (each, head.intents[int(scorer.scores(shipped.vector(each.text), each.previous).argmax())])
        for each in said
    ]


def _judged(guesses: Sequence[tuple[Said, str]]) -> Judged:
    confused: dict[str, dict[str, int]] = {}
    for said, guess in guesses:
        row = confused.setdefault(said.intent, {})
        row[guess] = row.get(guess, 0) + 1
    right = sum(said.intent == guess for said, guess in guesses)
    return Judged(right=right, count=len(guesses), confused=confused)
