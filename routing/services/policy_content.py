"""The content of a policy version: plain data that is stored as JSON.

Deployments are named `<provider>/<model>`, so that a version reads on its own and outlives ids.
"""

from typing import Any

import msgspec

from routing.intents import IntentRule, IntentSpec
from routing.models import PolicyVersion
from routing.services.snapshot_types import CacheScope, OnBreak


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
    rungs: tuple[str, ...]
    cache_ttl_s: int
    cache_scope: CacheScope
    on_break: OnBreak
    web_search: bool = False


class PolicyContent(msgspec.Struct, frozen=True, kw_only=True):
    """The whole content of one policy version."""

    persona: str
    max_calls: int
    patience_s: float
    reroute_filtered: bool
    turn_limit_s: float = 900.0
    intents: dict[str, IntentContent]
    ladders: dict[str, LadderContent]


def dump(content: PolicyContent) -> dict[str, Any]:
    """The content as JSON values."""
    # By way of JSON, so that it compares equal to what a version's row holds.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
    return plain


def load(version: PolicyVersion) -> PolicyContent:
    """The content of a stored version. Raises msgspec.ValidationError if the row was tampered with."""
    return msgspec.convert(version.content, PolicyContent)


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
