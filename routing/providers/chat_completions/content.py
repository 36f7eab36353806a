"""Reads the content of Chat Completions messages, and writes the messages of a request."""

from collections.abc import Iterator
from typing import Literal

from routing.providers.fields import Json, items, obj, text
from routing.providers.folding import folded
from routing.providers.messages import Message
from routing.providers.refused_fields import DEVELOPER_ROLE, SYSTEM_ROLE

Kind = Literal["thought", "text", "refusal"]


def pieces(said: Json) -> Iterator[tuple[Kind, str]]:
    """The non-empty pieces of a `delta` or `message`, in their order."""
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
    """Read a content part, as Mistral sends them: https://docs.mistral.ai/capabilities/reasoning/."""
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
    """How the system message is sent, as `Endpoint.without` names it; None: as part of the user's."""
    return next((name for name in (SYSTEM_ROLE, DEVELOPER_ROLE) if name not in without), None)


def asked(messages: tuple[Message, ...], without: frozenset[str]) -> list[object]:
    """The request's messages; the role `developer` replaces a refused `system`."""
    name = system_name(without)
    if name == SYSTEM_ROLE:
        return list(messages)
    if name == DEVELOPER_ROLE:
        return [
            {"role": "developer", "content": m.content} if m.role == "system" else m
            for m in messages
        ]
    return list(folded(messages))
