"""Keeps one HTTP client for each origin and event loop, with its trusted authorities and proxy.

A client is shared, since making one costs more than a call. Nothing is read from the environment here:
the settings say what `configure` is given.
"""

import asyncio
import ssl
from base64 import b64encode
from contextvars import ContextVar
from functools import cache
from http.cookiejar import CookieJar
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

_IDLE_CONNECTION_S = 30.0


class Watcher(Protocol):
    """Is told how far a request has come."""

    def connection_reused(self) -> None:
        """The request is sent on a connection that has carried another one before."""

    def request_ended(self) -> None:
        """The connection stands and the request was sent."""


watcher: ContextVar[Watcher] = ContextVar("watcher")
"""The watcher of the request that the current task sends."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How this installation reaches its vendors: proxy and trusted authorities."""

    proxy: str = ""
    """`http://host:port`; "" for none."""
    proxy_login: str = ""
    """`user:password`; "" where the proxy asks for none."""
    ca_file: str = ""
    """A PEM file of authorities that are trusted beside the system's own; "" for none."""

    def __repr__(self) -> str:
        """Leaves out the proxy's login, which must not reach a log."""
        return f"Network(proxy={self.proxy!r}, ca_file={self.ca_file!r})"


_network = Network()
_Clients = dict[tuple[str, str, bool], httpx.AsyncClient]
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()
_broken: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], float]] = (
    WeakKeyDictionary()
)
"""Origin -> until when (the loop's time) it is taken to break fresh connections as well."""
BROKEN_REMEMBERED_S = 60.0


def configure(network: Network) -> None:
    """Set how vendors are reached, before the first call; existing clients stay as they are."""
    global _network
    _network = network
    trusted.cache_clear()


def client_for(url: httpx.URL, *, fresh: bool = False) -> httpx.AsyncClient:
    """The shared client of the address's origin; with `fresh`, one that reuses no connection."""
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    key = (*_origin(url), fresh)
    client = clients.get(key)
    if client is None:
        client = clients[key] = _make_client(url, fresh)
    return client


def breaks_fresh_connections(url: httpx.URL) -> bool:
    """Whether the origin broke a newly made connection less than a minute ago."""
    return _broken_until().get(_origin(url), 0.0) > asyncio.get_running_loop().time()


def note_broken_fresh_connection(url: httpx.URL) -> None:
    """Remember that the origin has just broken a newly made connection."""
    _broken_until()[_origin(url)] = asyncio.get_running_loop().time() + BROKEN_REMEMBERED_S


def _broken_until() -> dict[tuple[str, str], float]:
    return _broken.setdefault(asyncio.get_running_loop(), {})


def _origin(url: httpx.URL) -> tuple[str, str]:
    return url.scheme, url.netloc.decode()


async def aclose_all() -> None:
    """Close every client of the running loop; for shutdown and tests."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


class _NoCookies(CookieJar):
    """Replaces httpx's cookie jar by one that keeps nothing."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Do nothing, which also saves the time of reading them."""


def _make_client(url: httpx.URL, fresh: bool) -> httpx.AsyncClient:
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    trace.on_request_chunk_sent.append(_note_request_end)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,
            ssl=trusted(),
            ttl_dns_cache=60,
            force_close=fresh,
            # aiohttp takes no idle time where connections are not kept.
            keepalive_timeout=None if fresh else _IDLE_CONNECTION_S,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
        auto_decompress=False,
        trust_env=False,
    )
    login: dict[str, str] = {}
    proxy = None
    if _network.proxy and not _is_this_machine(url.host):
        login = _proxy_login()
        # Not in the address: aiohttp's own log lines may hold that.
        proxy = httpx.Proxy(_network.proxy, headers=login)
    return httpx.AsyncClient(
        transport=AiohttpTransport(client=session, verify=trusted(), trust_env=False, proxy=proxy),
        cookies=_NoCookies(),
        follow_redirects=False,
        trust_env=False,
        headers={
            "accept": "text/event-stream, application/json",
            "accept-encoding": "identity",
            "user-agent": "chatcore",
            # Without TLS there is no tunnel: the request itself goes to the proxy.
            **(login if url.scheme == "http" else {}),
        },
    )


def _is_this_machine(host: str) -> bool:
    """Whether the host is a loopback address, e.g. the local model, which no proxy can reach."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy_login() -> dict[str, str]:
    if not _network.proxy_login:
        return {}
    return {"proxy-authorization": f"Basic {b64encode(_network.proxy_login.encode()).decode()}"}


@cache
def trusted() -> ssl.SSLContext:
    """The system's authorities and those of the CA file; loading them takes tens of milliseconds.

    OpenSSL finds the system's own, or what SSL_CERT_FILE and SSL_CERT_DIR name. Where it finds none,
    as in a bare container, the list that comes with httpx serves.
    """
    context = ssl.create_default_context()
    folder = ssl.get_default_verify_paths().capath
    if not context.cert_store_stats()["x509_ca"] and not (folder and any(Path(folder).iterdir())):
        context = httpx.create_ssl_context(verify=True, trust_env=False)
    if _network.ca_file:
        context.load_verify_locations(_network.ca_file)
    return context


async def _note_reuse(_session: object, _context: object, _params: object) -> None:
    if (waiting := watcher.get(None)) is not None:
        waiting.connection_reused()


async def _note_request_end(_session: object, _context: object, _params: object) -> None:
    if (waiting := watcher.get(None)) is not None:
        waiting.request_ended()
