"""Sends requests to vendors, times them, and turns every failure into one of our errors.

What the transport does not do by itself is done here: it hides why a connection failed, repeats no
POST that met a connection closed while idle, and its timeouts are reset by every byte, keep-alive
comments included, while ours ask for content.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from math import inf
from typing import Literal, cast

import aiohttp
import httpx

from routing.providers.errors import (
    KeyRefused,
    ProtocolViolated,
    ProviderError,
    StreamCut,
    TimedOut,
    Unreachable,
)
from routing.providers.http_clients import Network as Network
from routing.providers.http_clients import aclose_all as aclose_all
from routing.providers.http_clients import (
    breaks_fresh_connections,
    client_for,
    note_broken_fresh_connection,
    watcher,
)
from routing.providers.http_clients import configure as configure
from routing.providers.messages import Deadlines

MAX_ERROR_BYTES = 64 * 1024
_SETTLE_S = 0.1


Phase = Literal["connect", "first_token", "thinking", "idle"]


class Reply:
    """A vendor's reply of which the headers have arrived and the body is arriving."""

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
        """Note that content came: the silence is counted anew, with `idle_s` as its limit from now on."""
        self._patience.touch()

    def working(self, *, anew: bool) -> None:
        """Note a sign of life without content: `thinking_s` limits the wait for content from now on.

        `anew`: it shows that it works, so that the silence begins anew as well.
        """
        self._patience.working(anew=anew)

    def wind_up(self, silence_s: float) -> None:
        """Note that the answer is whole: what may still follow must come within `silence_s`."""
        self._patience.limit(silence_s)

    def drain(self) -> None:
        """Note that only the body's end is missing, and let it come at once or not at all.

        A body that was read to its end leaves a connection that can be used again, so the caller goes
        on reading; a TimedOut now means nothing.
        """
        self._patience.limit(_SETTLE_S)

    async def error_body(self) -> bytes:
        """The first 64 KiB of the body, or what came of it: the status says the rest."""
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
    """Send a JSON body and yield the reply; leaving the context closes it.

    Raises Unreachable, TimedOut, ProtocolViolated: it does not speak HTTP, or KeyRefused: a key that
    no header can hold (a line break or a typographic quote pasted with it).
    """
    _check(headers)
    patience = _Patience(deadlines)
    with _our_errors(Unreachable):
        address = httpx.URL(url)
        client = client_for(address)
        request = client.build_request(
            "POST",
            address,
            headers={"content-type": "application/json", **headers},
            content=body,
            timeout=httpx.Timeout(None, connect=deadlines.connect_s, pool=deadlines.connect_s),
        )
    try:
        response = await patience.send(client, request)
    except _ClosedWhileIdle:
        if breaks_fresh_connections(address):
            raise
        # Safe although it is a POST (RFC 9110, 9.2.2): the vendor closed without a byte of a reply, a
        # chat completion changes nothing there, and the ladder would ask the same once more.
        try:
            response = await patience.send(client_for(address, fresh=True), request)
        except Unreachable:
            # It was no idle close: the vendor is down. Each call to it counts once from now on.
            note_broken_fresh_connection(address)
            raise
    try:
        yield Reply(response, patience)
    finally:
        with suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
            await response.aclose()


async def get_status(url: str, *, headers: Mapping[str, str], timeout_s: float) -> int:
    """The status of the answer to a GET; the body is not read, redirects are not followed.

    Raises what `post` raises.
    """
    _check(headers)
    try:
        async with asyncio.timeout(timeout_s):
            with _our_errors(Unreachable):
                address = httpx.URL(url)
                client = client_for(address)
                request = client.build_request(
                    "GET", address, headers=dict(headers), timeout=httpx.Timeout(None)
                )
                response = await client.send(request, stream=True)
    except TimeoutError:
        raise TimedOut("first_token") from None
    with suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
        await response.aclose()
    return response.status_code


def _check(headers: Mapping[str, str]) -> None:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise KeyRefused("not a header's value")


class _ClosedWhileIdle(Unreachable):
    """A connection that had carried another request was closed before a byte of this reply."""


class _Patience:
    """Measures how long the vendor is silent while we wait, and ends the wait at a limit.

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
        self._reused = False
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

    def connection_reused(self) -> None:
        """See `Watcher`."""
        self._reused = True

    def request_ended(self) -> None:
        """Start the wait for the first token: the connection stands and the request was sent."""
        self._sent_at = self._loop.time()
        if self._sending is not None:
            self._sending.reschedule(min(self._ends_at, self._sent_at + self._limit_s))

    async def send(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send the request and return the reply's head. Raises _ClosedWhileIdle if it may be sent again."""
        started_at = self._loop.time()
        if started_at >= self._ends_at:
            raise TimedOut("turn")
        self._forget_connection()
        whole_s = self._deadlines.connect_s + self._deadlines.first_token_s
        token = watcher.set(self)
        try:
            ends_at = min(self._ends_at, started_at + whole_s)
            async with asyncio.timeout_at(ends_at) as self._sending:
                with _our_errors(Unreachable), self._idle_closes():
                    response = await client.send(request, stream=True)
        except TimeoutError:
            phase: Phase = "connect" if self._sent_at is None else "first_token"
            raise self._timed_out(phase) from None
        finally:
            self._sending = None
            watcher.reset(token)
        self._silent_s = self._loop.time() - (self._sent_at or started_at)
        return response

    def _forget_connection(self) -> None:
        self._sent_at, self._reused = None, False

    @contextmanager
    def _idle_closes(self) -> Iterator[None]:
        """Raise _ClosedWhileIdle where a connection was closed while idle, not under its request.

        The former shows within a round trip; later it is the vendor that gave up on this request.
        """
        began_at = self._loop.time()
        try:
            yield
        except (httpx.HTTPError, aiohttp.ClientError) as error:
            soon = self._loop.time() - began_at < self._deadlines.connect_s
            if self._reused and soon and _is_closed_without_a_byte(_cause(error)):
                raise _ClosedWhileIdle(type(error).__name__) from None
            raise

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
    """Turn the client's exceptions into ours; a lost connection becomes the class `broken`.

    The transport reports a reset and an end of file as a connect timeout, and lets some of aiohttp's
    own exceptions through, so its cause decides, not its class.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
        cause = _cause(error)
        if isinstance(cause, aiohttp.ConnectionTimeoutError):
            raise TimedOut("connect") from None
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            raise broken(f"the proxy answered {cause.status}") from None
        if isinstance(cause, aiohttp.ClientResponseError):
            raise ProtocolViolated("not an HTTP reply") from None
        # Not chained: the client's words may hold the request.
        raise broken(type(cause).__name__) from None


def _cause(error: BaseException) -> BaseException:
    """The exception of aiohttp that httpx wrapped in one of its own."""
    return error if isinstance(error, aiohttp.ClientError) else error.__cause__ or error


def _is_closed_without_a_byte(cause: BaseException) -> bool:
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        # Its message is the half-read head, where there is one.
        return isinstance(cause.message, str)
    return isinstance(cause, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)
