"""Sends a request that a vendor refuses, and the one that follows it."""

import json

from routing.providers.messages import ChatRequest, Message
from tests.providers.outcomes import call
from tests.providers.vendor import reply, vendor

ASKED = ChatRequest(
    model="m",
    messages=(Message("system", "Be brief."), Message("user", "hello")),
    max_output_tokens=100_000,
    web_search=True,
)


def said(message: str, param: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param}}


async def error_of(wire: str, body: object, status: int = 400, without: str = ""):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/plain" if isinstance(body, bytes) else "application/json"
    async with vendor(reply(text, status, content_type=kind)) as one:
        outcome = await call(
            wire, one.base_url, ASKED, without=frozenset(filter(None, without.split()))
        )
    return outcome.error


async def asked_of(wire: str, without: str = "", asked: ChatRequest = ASKED):
    async with vendor(reply(b"")) as one:
        await call(wire, one.base_url, asked, without=frozenset(filter(None, without.split())))
    return json.loads(one.asked[0].body)
