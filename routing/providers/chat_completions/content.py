"""What is said in a message of Chat Completions, and what is asked in one."""

from collections.abc import Iterator
from typing import Literal

from routing.providers.fields import Json, items, obj, text
from routing.providers.folding import folded
from routing.providers.messages import Message
from routing.providers.refused_fields import DEVELOPER_ROLE, SYSTEM_ROLE

Kind = Literal["thought", "text", "refusal"]


def pieces(said: Json) -> Iterator[tuple[Kind, str]]:
    """The words of a `delta` or `message`, none of them empty, in their order."""
    for name in ("reasoning_content", "reasoning"):
        if thought := text(said.get(name)):
            yield "thought", thought
            break
    content = said.get("content")
    if words := text(content):
        yield "text", words
    for part in map(obj, items(content)):
        yield from _of_part(part)
    if refusal := text(said.get("refusal")):
        yield "refusal", refusal


def _of_part(part: Json) -> Iterator[tuple[Kind, str]]:
    """Mistral answers in parts: https://docs.mistral.ai/capabilities/reasoning/."""
    if part.get("type") == "thinking":
        inner = part.get("thinking")
        thought = text(inner) + "".join(text(obj(p).get("text")) for p in items(inner))
        if thought:
            yield "thought", thought
    elif part.get("type") == "refusal":
        if refusal := text(part.get("refusal")):
            yield "refusal", refusal
    elif words := text(part.get("text")):
        yield "text", words


def system_name(without: frozenset[str]) -> str | None:
    """The name by which `without` may forbid how the system message is sent; None: it is folded."""
    return next((name for name in (SYSTEM_ROLE, DEVELOPER_ROLE) if name not in without), None)


def asked(messages: tuple[Message, ...], without: frozenset[str]) -> list[object]:
    """The messages as the server takes them: `developer` stands in for a refused `system`."""
    name = system_name(without)
    if name == SYSTEM_ROLE:
        return list(messages)
    if name == DEVELOPER_ROLE:
        return [
            {"role": "developer", "content": m.content} if m.role == "system" else m
            for m in messages
        ]
    return list(folded(messages))
