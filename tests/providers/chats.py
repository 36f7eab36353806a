"""Calls a vendor of Chat Completions that follows a script, and tells what came of it."""

import json
from collections.abc import Sequence

from routing.providers.errors import ProviderError
from routing.providers.messages import Deadlines
from tests.providers.outcomes import QUICK, Outcome, call
from tests.providers.vendor import Step, vendor


def said(words: str, finish: str | None = None) -> bytes:
    delta = {"content": words} if words else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


GOOD = said("fine") + said("", "stop") + b"data: [DONE]\n\n"


async def chat(script: Sequence[Step], deadlines: Deadlines = QUICK) -> Outcome:
    async with vendor(script) as one:
        return await call("chat_completions", one.base_url, deadlines=deadlines)


async def error_of(script: Sequence[Step], deadlines: Deadlines = QUICK) -> ProviderError:
    outcome = await chat(script, deadlines)
    assert outcome.error is not None, outcome.events
    return outcome.error
