"""How is a vendor called? The one file that knows the HTTP client.

One shared client per origin and event loop, since making one costs more than a call. What the transport
does not do by itself is done here: it hides why a connection failed, would keep cookies, and its
timeouts are reset by every byte, keep-alive comments included, while ours ask for content.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from http.cookiejar import CookieJar
from math import inf
from typing import Literal, cast
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from routing.providers.errors import (
    KeyRefused,
    ProtocolViolated,
    ProviderError,
    StreamCut,
    TimedOut,
    Unreachable,
)
from routing.providers.messages import Deadlines

MAX_ERROR_BYTES = 64 * 1024
_IDLE_CONNECTION_S = 30.0
_SETTLE_S = 0.1

Phase = Literal["connect", "first_token", "thinking", "idle"]

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, httpx.AsyncClient]] = (
    WeakKeyDictionary()
)
_on_request_end: ContextVar["_Patience"] = ContextVar("_on_request_end")


class Reply:
    """A vendor's reply whose headers are here and whose body is on its way."""

    def __init__(self, response: httpx.Response, patience: "_Patience") -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in response.headers.items()
        }
        self._plain = self.headers.get("content-encoding", "identity").lower() == "identity"
        self._response = response
        self._patience = patience

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives.

        Raises StreamCut, TimedOut, or ProtocolViolated: compressed, though we asked for plain bytes,
        and a small reply may unpack to gigabytes.
        """
        if not self._plain:
            raise ProtocolViolated("a compressed body", status=self.status)
        raw = cast("AsyncGenerator[bytes, None]", self._response.aiter_raw())
        async with aclosing(raw) as source:
            while (chunk := await self._patience.next_of(source)) is not None:
                yield chunk

    def touch(self) -> None:
        """Content came: the silence begins anew, and from now on `idle_s` bounds it."""
        self._patience.touch()

    def working(self, *, anew: bool) -> None:
        """No content yet, but a sign of life: from now on `thinking_s` bounds the wait for it.

        `anew`: it shows that it works, so that the silence begins anew as well.
        """
        self._patience.working(anew=anew)

    def wind_up(self, silence_s: float) -> None:
        """The answer is whole: what may follow must come within `silence_s`."""
        self._patience.limit(silence_s)

    def drain(self) -> None:
        """All was said. A body read to its end leaves a connection to use again, but that end must
        come at once: the caller goes on reading, and a TimedOut now means nothing.
        """
        self._patience.limit(_SETTLE_S)

    async def error_body(self) -> bytes:
        """The body's first 64 KiB, or as much of it as came: the status says the rest."""
        body = b""
        try:
            async with aclosing(self.chunks()) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) >= MAX_ERROR_BYTES:
                        break
        except ProviderError:
            pass
        return body[:MAX_ERROR_BYTES]


@asynccontextmanager
async def post(
    url: str, *, headers: Mapping[str, str], body: bytes, deadlines: Deadlines
) -> AsyncIterator[Reply]:
    """Send a JSON body and hand over the reply; leaving closes it.

    Raises Unreachable, TimedOut, ProtocolViolated: it does not speak HTTP, or KeyRefused: a key that
    no header can hold (a line break or a typographic quote pasted with it).
    """
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise KeyRefused("not a header's value")
    client = _client_for(url)
    patience = _Patience(deadlines)
    with _our_errors(Unreachable):
        request = client.build_request(
            "POST",
            url,
            headers={"content-type": "application/json", **headers},
            content=body,
            timeout=httpx.Timeout(None, connect=deadlines.connect_s, pool=deadlines.connect_s),
        )
    response = await patience.send(client, request)
    try:
        yield Reply(response, patience)
    finally:
        with suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
            await response.aclose()


async def get_status(url: str, *, headers: Mapping[str, str], timeout_s: float) -> int:
    """The status of a GET, whatever its body says. Raises ProviderError: there was no reply."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise KeyRefused("not a header's value")
    client = _client_for(url)
    patience = _Patience(Deadlines(connect_s=timeout_s, first_token_s=timeout_s, turn_s=timeout_s))
    with _our_errors(Unreachable):
        request = client.build_request(
            "GET", url, headers=dict(headers), timeout=httpx.Timeout(None, connect=timeout_s)
        )
    response = await patience.send(client, request)
    with suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
        await response.aclose()
    return response.status_code


async def aclose_all() -> None:
    """Close every client of the running loop; for shutdown and tests."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


class _NoCookies(CookieJar):
    """httpx keeps a jar beside aiohttp's."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Keeps none, and spares the reading of them."""


class _Patience:
    """How long the vendor has been silent while we listened.

    Only waiting for the wire counts: a slow reader of our events is not the vendor's fault. A timeout
    must not span a `yield`, or it would cancel the reader's own work; hence one per read.
    """

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._phase: Phase = "first_token"
        self._limit_s = deadlines.first_token_s
        self._silent_s = 0.0
        self._loop = asyncio.get_running_loop()
        turn_s = inf if deadlines.turn_s is None else deadlines.turn_s
        self._ends_at = self._loop.time() + turn_s
        self._sent_at: float | None = None
        self._sending: asyncio.Timeout | None = None

    def touch(self) -> None:
        self._phase = "idle"
        self.limit(self._deadlines.idle_s)

    def working(self, *, anew: bool) -> None:
        if self._phase != "idle":
            self._phase = "thinking"
            self._limit_s = max(self._deadlines.first_token_s, self._deadlines.thinking_s)
            self._silent_s = 0.0 if anew else self._silent_s

    def limit(self, silence_s: float) -> None:
        self._limit_s, self._silent_s = silence_s, 0.0

    def request_ended(self) -> None:
        """The connection stands and the request is out: the wait for the first token begins."""
        self._sent_at = self._loop.time()
        if self._sending is not None:
            self._sending.reschedule(min(self._ends_at, self._sent_at + self._limit_s))

    async def send(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        started_at = self._loop.time()
        if started_at >= self._ends_at:
            raise TimedOut("turn")
        whole_s = self._deadlines.connect_s + self._deadlines.first_token_s
        token = _on_request_end.set(self)
        try:
            async with asyncio.timeout_at(
                min(self._ends_at, started_at + whole_s)
            ) as self._sending:
                with _our_errors(Unreachable):
                    response = await client.send(request, stream=True)
        except TimeoutError:
            phase: Phase = "connect" if self._sent_at is None else "first_token"
            raise self._timed_out(phase) from None
        finally:
            self._sending = None
            _on_request_end.reset(token)
        self._silent_s = self._loop.time() - (self._sent_at or started_at)
        return response

    async def next_of(self, source: AsyncGenerator[bytes, None]) -> bytes | None:
        """The next chunk, or None at the end of the body."""
        asked_at = self._loop.time()
        if asked_at >= self._ends_at:
            raise TimedOut("turn")
        silence_ends_at = asked_at + max(0.0, self._limit_s - self._silent_s)
        try:
            async with asyncio.timeout_at(min(self._ends_at, silence_ends_at)):
                with _our_errors(StreamCut):
                    chunk = await anext(source, None)
        except TimeoutError:
            raise self._timed_out(self._phase) from None
        self._silent_s += self._loop.time() - asked_at
        return chunk

    def _timed_out(self, phase: Phase) -> TimedOut:
        return TimedOut("turn" if self._loop.time() >= self._ends_at else phase)


@contextmanager
def _our_errors(broken: type[ProviderError]) -> Iterator[None]:
    """The border where the client's exceptions become ours; `broken` is what a lost connection means.

    The transport reports a reset and an end of file as a connect timeout, and lets some of aiohttp's
    own exceptions through, so its cause decides, not its class.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
        cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__ or error
        if isinstance(cause, aiohttp.ConnectionTimeoutError):
            raise TimedOut("connect") from None
        if isinstance(cause, aiohttp.ClientResponseError):
            raise ProtocolViolated("not an HTTP reply") from None
        # Not chained: the client's words may hold the request.
        raise broken(type(cause).__name__) from None


def _client_for(url: str) -> httpx.AsyncClient:
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    scheme, _, rest = url.partition("://")
    origin = f"{scheme}://{rest.partition('/')[0]}"
    client = clients.get(origin)
    if client is None:
        client = clients[origin] = _make_client()
    return client


def _make_client() -> httpx.AsyncClient:
    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(_note_request_end)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, ssl=_trust(), keepalive_timeout=_IDLE_CONNECTION_S, ttl_dns_cache=60
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
        auto_decompress=False,
        trust_env=False,
    )
    return httpx.AsyncClient(
        transport=AiohttpTransport(client=session, verify=_trust(), trust_env=False),
        cookies=_NoCookies(),
        follow_redirects=False,
        trust_env=False,
        headers={
            "accept": "text/event-stream, application/json",
            "accept-encoding": "identity",
            "user-agent": "chatcore",
        },
    )


@cache
def _trust() -> ssl.SSLContext:
    """The usual authorities, always checked; reading them takes tens of milliseconds."""
    return httpx.create_ssl_context(verify=True, trust_env=False)


async def _note_request_end(_session: object, _context: object, _params: object) -> None:
    waiting = _on_request_end.get(None)
    if waiting is not None:
        waiting.request_ended()
