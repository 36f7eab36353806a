"""Who is asking, and may they? What Django's middleware does, for the routes that stand beside it.

Host, origin, session or token, CSRF, body size, security headers: the plain ASGI routes repeat them
through this one room, by Django's own code wherever it can be called.
"""

import io
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from chatcore.accounts import Member, member_of_session, member_of_token
from chatcore.database import read
from chatcore.frames import MAX_MESSAGE_BYTES

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

REMEMBERED_S = 3.0
"""How long a sign-in is believed without asking the database again."""
REMEMBERED_AT_MOST = 5_000
HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]
_remembered: dict[tuple[str, str], tuple[float, Member | None]] = {}


class Denied(Exception):
    """The request goes no further; status, code and text are for the client."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def request_of(scope: Scope, body: bytes = b"") -> ASGIRequest:
    """Django's view of a request, its host checked. Raises Denied."""
    http = {"method": "GET", **scope, "type": "http"}
    request = ASGIRequest(http, io.BytesIO(body))
    try:
        request.get_host()
    except DisallowedHost:
        raise Denied(400, "bad_host", "This host name is not served here.") from None
    return request


def check_origin(request: ASGIRequest) -> None:
    """A browser's websocket must come from our own pages; programs send no Origin. Raises Denied."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.get_host().lower():
        raise Denied(403, "foreign_origin", "This page may not open a connection here.")


async def member_of(request: ASGIRequest) -> Member | None:
    """The signed-in member, by API token or session; None for nobody."""
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return await _remember("token", token.strip(), member_of_token)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return await _remember("session", key, member_of_session) if key else None


async def admit(request: ASGIRequest) -> Member:
    """The member who may make this request, CSRF included. Raises Denied."""
    if request.method not in {"GET", "HEAD"} and "Authorization" not in request.headers:
        check_csrf(request)
    member = await member_of(request)
    if member is None:
        raise Denied(401, "not_signed_in", "Sign in, or send an API token.")
    return member


def check_csrf(request: ASGIRequest) -> None:
    """Django's own rules for requests that carry a session. Raises Denied."""
    middleware = CsrfViewMiddleware(lambda _: HttpResponse())
    middleware.process_request(request)
    if middleware.process_view(request, _any_view, (), {}) is not None:
        raise Denied(403, "csrf_failed", "The CSRF token is missing or wrong.")


async def read_body(receive: Receive) -> bytes:
    """The whole body, if it is not too large. Raises Denied."""
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Denied(400, "disconnected", "The request ended early.")
        body += bytes(event.get("body", b""))
        if len(body) > MAX_MESSAGE_BYTES:
            raise Denied(413, "too_large", "The request's body is too large.")
        if not event.get("more_body"):
            return body


async def _remember(
    kind: str, secret: str, look_up: Callable[[str], Member | None]
) -> Member | None:
    now = time.monotonic()
    known = _remembered.get((kind, secret))
    if known is not None and known[0] > now:
        return known[1]
    member = await read(lambda: look_up(secret))
    if len(_remembered) >= REMEMBERED_AT_MOST:
        _remembered.clear()
    _remembered[kind, secret] = (now + REMEMBERED_S, member)
    return member


def _any_view(request: object) -> HttpResponse:
    return HttpResponse()
