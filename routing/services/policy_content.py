"""The content of a policy version: plain data that is stored as JSON.

Deployments are named `<provider>/<model>`, so that a version reads on its own and outlives ids.

Versions are stored for ever, so this code reads the JSON of every release before it. A field that is
added gets a default that means what versions without the field did; the JSON of a field that was
removed is ignored. Neither needs a new `SCHEMA`: that is for content that an older release would read
wrongly instead of not knowing it.
"""

from typing import Any, Literal

import msgspec

from routing.intents import IntentRule, IntentSpec, Unsure
from routing.models import PolicyVersion
from routing.services.snapshot_types import CacheScope, OnBreak

WhenUnsure = Literal["fallback", "previous"]

SCHEMA = 1
"""The newest form of stored content that this code reads, and the one that it writes."""


class VersionUnreadable(RuntimeError):
    """A stored version cannot be read; the text names it and says why, for staff and for logs."""


class RungContent(msgspec.Struct, frozen=True, kw_only=True):
    """One rung of a ladder: an object, so that it can be given options."""

    deployment: str
    """`<provider>/<model>`."""


class IntentContent(msgspec.Struct, frozen=True, kw_only=True):
    """One intent as staff wrote it; its position keeps staff's order."""

    label: str
    description: str
    enabled: bool
    position: int
    examples: tuple[str, ...]
    rules: tuple[IntentRule, ...]


class LadderContent(msgspec.Struct, frozen=True, kw_only=True):
    """One ladder: its rungs in order, its caching, and what happens when a model breaks off."""

    intent: str | None
    """The intent it serves; None for a purpose of its own."""
    rungs: tuple[RungContent, ...]
    cache_ttl_s: int
    cache_scope: CacheScope
    on_break: OnBreak
    web_search: bool = False


class _Form(msgspec.Struct, frozen=True):
    """What is read first of every stored content."""

    schema: int


class PolicyContent(msgspec.Struct, frozen=True, kw_only=True):
    """The whole content of one policy version."""

    persona: str
    max_calls: int
    patience_s: float
    reroute_filtered: bool
    turn_limit_s: float = 900.0
    unsure_below: float = 0.35
    when_unsure: WhenUnsure = "fallback"
    intents: dict[str, IntentContent]
    ladders: dict[str, LadderContent]


def dump(content: PolicyContent) -> dict[str, Any]:
    """The content as JSON values, with the number of its schema."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
    return {"schema": SCHEMA, **plain}


def load(version: PolicyVersion) -> PolicyContent:
    """The content of a stored version. Raises VersionUnreadable."""
    try:
        schema = msgspec.convert(version.content, _Form).schema
        if schema > SCHEMA:
            raise VersionUnreadable(
                f"Policy version {version.number} has schema {schema}; this release of Chatcore reads "
                f"schemas up to {SCHEMA}. A newer release published it."
            )
        return msgspec.convert(version.content, PolicyContent)
    except msgspec.ValidationError as error:
        raise VersionUnreadable(
            f"Policy version {version.number} cannot be read: {error}."
        ) from error


def specs(content: PolicyContent) -> tuple[IntentSpec, ...]:
    """The enabled intents, in staff's order, for the detector."""
    enabled = [(name, intent) for name, intent in content.intents.items() if intent.enabled]
    return tuple(
        IntentSpec(
            name=name,
            description=intent.description,
            examples=intent.examples,
            rules=intent.rules,
        )
        for name, intent in sorted(enabled, key=lambda item: (item[1].position, item[0]))
    )


def unsure(content: PolicyContent) -> Unsure:
    """When a guess does not count, and what happens then, for the detector."""
    return Unsure(below=content.unsure_below, then=content.when_unsure)
