"""How does a program talk to a running house? A conversation through the HTTP endpoint, as JSON."""

import time
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx
import msgspec

PATIENCE_S = 180.0
"""For one whole answer; a house that takes longer is taken for one that hangs."""
CONNECT_S = 5.0
AWAY = {503, 504}
"""Answers of a house that is starting, ending or overrun, or of a proxy that does not find it."""


class Unreachable(Exception):
    """Nobody answers at that address, or only to say that nobody can just now."""


class Turned(Exception):
    """The house answers, but does not let us begin; the text says why."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for one message."""

    status: int
    code: str
    reply: str
    latency_ms: int


class Visit:
    """One conversation with the house at an address."""

    def __init__(self, base_url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(PATIENCE_S, connect=CONNECT_S),
            trust_env=False,  # it is our own house: no proxy between
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def begin(self) -> UUID:
        """A new conversation. Raises Unreachable and Turned."""
        answer, _ = self._post("/api/threads/", {"title": "Smoke evaluation"})
        body = _object(answer)
        if answer.status_code == 201 and "id" in body:
            return UUID(body["id"])
        raise Turned(_why_not_in(answer, body))

    def ask(self, thread: UUID, message: UUID, text: str) -> Said:
        """Say something and wait for the whole answer. Raises Unreachable."""
        answer, latency_ms = self._post(
            f"/api/threads/{thread}/turns/", {"id": str(message), "text": text}
        )
        body = _object(answer)
        return Said(
            status=answer.status_code,
            code=str(body.get("code") or ""),
            reply=str(body.get("reply") or ""),
            latency_ms=latency_ms,
        )

    def _post(self, path: str, body: dict[str, str]) -> tuple[httpx.Response, int]:
        began = time.monotonic()
        try:
            answer = self._client.post(path, json=body)
        except httpx.TimeoutException as error:
            waited = time.monotonic() - began
            raise Unreachable(f"no answer after {waited:.0f} s") from error
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        if answer.status_code in AWAY:
            raise Unreachable(f"HTTP {answer.status_code}")
        return answer, round((time.monotonic() - began) * 1000)


def _object(answer: httpx.Response) -> dict[str, Any]:
    """The body, {} where it is not a JSON object: then somebody else answers there."""
    try:
        body = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _why_not_in(answer: httpx.Response, body: dict[str, Any]) -> str:
    status = answer.status_code
    if status == 401:
        return (
            "it does not know this token (HTTP 401): it runs with another database, or with "
            "another SECRET_KEY; --data names the data folder of the house that is meant"
        )
    if status in {301, 302, 307, 308}:
        return f"it sends us elsewhere (HTTP {status}): the address must be the one that people use"
    said = f": {body['message']}" if body.get("message") else ""
    return f"no conversation could be begun (HTTP {status}{said})"
