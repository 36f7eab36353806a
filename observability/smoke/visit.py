"""How does a program talk to a running site? A conversation through the HTTP endpoint, as JSON."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

PATIENCE_S = 180.0
"""For one whole answer; a site that takes longer is taken for one that hangs."""
CONNECT_S = 5.0
LARGEST = 4_000_000
"""Bytes of one answer: no turn's is nearly as long."""
AWAY = {503, 504}
"""Answers of a site that is starting, ending or overrun, or of a proxy that does not find it."""


class Unreachable(Exception):
    """Nobody answers at that address, or only to say that nobody can just now."""


class Turned(Exception):
    """The site answers, but does not let us begin; the text says why."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for one message."""

    status: int
    code: str
    reply: str
    latency_ms: int


class Visit:
    """One conversation with the site at an address."""

    def __init__(self, base_url: str, token: str) -> None:
        self._host = urlsplit(base_url).hostname or base_url
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(None, connect=CONNECT_S),
            trust_env=False,  # it is our own site: no proxy between
        )
        self._loop = asyncio.Runner()
        """Only a task can be given up at a moment, however slowly an answer drips in."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._loop:
            self._loop.run(self._client.aclose())

    def begin(self) -> UUID:
        """A new conversation. Raises Unreachable and Turned."""
        status, answer, _ = self._post("/api/threads/", {"title": "Smoke evaluation"})
        body = _object(answer)
        if status != 201:
            raise Turned(self._why_not_in(status, body))
        try:
            return UUID(str(body.get("id")))
        except ValueError:
            raise Turned(f"{self._host} answers, but is no Chatcore") from None

    def ask(self, thread: UUID, message: UUID, text: str) -> Said:
        """Say something and wait for the whole answer. Raises Unreachable."""
        status, answer, latency_ms = self._post(
            f"/api/threads/{thread}/turns/", {"id": str(message), "text": text}
        )
        body = _object(answer)
        return Said(
            status=status,
            code=str(body.get("code") or ""),
            reply=str(body.get("reply") or ""),
            latency_ms=latency_ms,
        )

    def _post(self, path: str, body: dict[str, str]) -> tuple[int, bytes, int]:
        """The status, the body and how long it took (ms). Raises Unreachable."""
        began = time.monotonic()
        try:
            status, answer = self._loop.run(self._whole_answer(path, body))
        except (TimeoutError, httpx.TimeoutException) as error:
            waited = time.monotonic() - began
            raise Unreachable(f"no whole answer after {waited:.0f} s") from error
        except (httpx.RequestError, httpx.InvalidURL, ValueError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        if status in AWAY:
            raise Unreachable(f"HTTP {status}")
        return status, answer, round((time.monotonic() - began) * 1000)

    async def _whole_answer(self, path: str, body: dict[str, str]) -> tuple[int, bytes]:
        """Raises TimeoutError, ValueError where it has no end, and what httpx raises."""
        async with (
            asyncio.timeout(PATIENCE_S),
            self._client.stream("POST", path, json=body) as answer,
        ):
            whole = bytearray()
            async for piece in answer.aiter_bytes():
                whole += piece
                if len(whole) > LARGEST:
                    raise ValueError(f"its answer is longer than {LARGEST:,} bytes")
            return answer.status_code, bytes(whole)

    def _why_not_in(self, status: int, body: dict[str, Any]) -> str:
        if status == 400 and not body:
            return f"its ALLOWED_HOSTS does not name {self._host} (HTTP 400)"
        return _why_not_in(status, body)


def _object(answer: bytes) -> dict[str, Any]:
    """The body, {} where it is not a JSON object: then somebody else answers there."""
    try:
        body = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _why_not_in(status: int, body: dict[str, Any]) -> str:
    if status == 401:
        return (
            "it does not know this token (HTTP 401): it runs with another database, or with "
            "another SECRET_KEY; --data names the data folder of the site that is meant"
        )
    if status in {301, 302, 307, 308}:
        return f"it sends us elsewhere (HTTP {status}): the address must be the one that people use"
    said = f": {body['message']}" if body.get("message") else ""
    return f"no conversation could be begun (HTTP {status}{said})"
