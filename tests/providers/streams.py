"""Writes the streams of each protocol event by event, and calls a vendor that sends them."""

import json
from collections.abc import Mapping, Sequence

from tests.providers.outcomes import Outcome, call
from tests.providers.vendor import Step, reply, vendor


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def said(delta: Mapping[str, object], finish: str | None = None, **beside: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **beside})


def words(text: str, finish: str | None = None) -> bytes:
    return said({"content": text}, finish)


def told(text: str, finish: str | None = None, **beside: object) -> bytes:
    """Gemini's."""
    part = {"content": {"parts": [{"text": text}] if text else []}}
    return event({"candidates": [part | ({"finishReason": finish} if finish else {})], **beside})


def typed(kind: str, **fields: object) -> bytes:
    """One event of Responses."""
    return event({"type": kind, **fields})


def over(status: str, reason: str | None = None, **fields: object) -> bytes:
    details = {"incomplete_details": {"reason": reason}} if reason else {}
    return typed(
        f"response.{status}", response={"status": status, **details, "output": [], **fields}
    )


THINKS = {
    "chat_completions": said({"reasoning_content": "hm"}),
    "responses": typed("response.reasoning_text.delta", delta="hm"),
    "gemini": event(
        {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}}]},
    ),
}


async def played(wire: str, script: Sequence[Step]) -> Outcome:
    async with vendor(script) as one:
        return await call(wire, one.base_url)


async def came(wire: str, *events: bytes) -> Outcome:
    return await played(wire, reply(b"".join(events)))
