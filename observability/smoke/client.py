"""An HTTP client that holds one conversation with a running site, as JSON."""

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


class Rejected(Exception):
    """The site answers, but no conversation can be begun; the text says why."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What came back for one message."""

    status: int
    code: str
    reply: str
    latency_ms: int


class Client:
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
        """Begin a new conversation; gives its id. Raises Unreachable and Rejected."""
        status, answer, _ = self._post("/api/threads/", {"title": "Smoke evaluation"})
        body = _object(answer)
        if status != 201:
            raise Rejected(self._reason(status, body))
        try:
            return UUID(str(body.get("id")))
        except ValueError:
            raise Rejected(f"{self._host} answers, but is no Chatcore") from None

    def ask(self, thread: UUID, message: UUID, text: str) -> Response:
        """Send a message and wait for the whole answer. Raises Unreachable."""
        status, answer, latency_ms = self._post(
            f"/api/threads/{thread}/turns/", {"id": str(message), "text": text}
        )
        body = _object(answer)
        return Response(
            status=status,
            code=str(body.get("code") or ""),
            reply=str(body.get("reply") or ""),
            latency_ms=latency_ms,
        )

    def _post(self, path: str, body: dict[str, str]) -> tuple[int, bytes, int]:
        """Post; gives the status, the body and how long it took (ms). Raises Unreachable."""
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
        """Read an answer to its end. Raises TimeoutError, ValueError where it has none, and httpx's."""
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

    def _reason(self, status: int, body: dict[str, Any]) -> str:
        if status == 400 and not body:
            return f"its ALLOWED_HOSTS does not name {self._host} (HTTP 400)"
        return _reason(status, body)


def _object(answer: bytes) -> dict[str, Any]:
    """The body; {} where it is not a JSON object: then something else answers there."""
    try:
        body = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _reason(status: int, body: dict[str, Any]) -> str:
    if status == 401:
        return (
            "it does not know this token (HTTP 401): it runs with another database, or with "
            "another SECRET_KEY; --data names the data folder of the site that is meant"
        )
    if status in {301, 302, 307, 308}:
        return f"it sends us elsewhere (HTTP {status}): the address must be the one that people use"
    message = f": {body['message']}" if body.get("message") else ""
    return f"no conversation could be begun (HTTP {status}{message})"
