"""Finds out who makes a request, and whether they may, for the routes that stand beside Django.

Host, origin, session or token and CSRF are checked as Django's middleware does it, by Django's own
code wherever that can be called.
"""

import io
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from chatcore.errors import Denied
from chatcore.identity.last_known import LastKnown
from chatcore.identity.members import Member, member_of_session, member_of_token
from chatcore.identity.origins import CSRF_FAILED, is_ours, mismatch, wrong_host

Scope = dict[str, Any]
_members: LastKnown[Member | None] = LastKnown()


def request_of(scope: Scope, body: bytes = b"") -> ASGIRequest:
    """The request as Django sees it, its host checked. Raises Denied."""
    http = {"method": "GET", **scope, "type": "http"}
    request = ASGIRequest(http, io.BytesIO(body))
    try:
        request.get_host()
    except DisallowedHost:
        raise Denied(400, "bad_host", wrong_host(request)) from None
    return request


def check_origin(request: ASGIRequest) -> None:
    """Refuse a browser's websocket from foreign pages; programs send no Origin. Raises Denied."""
    origin = request.headers.get("Origin")
    if origin is not None and not is_ours(origin, request):
        raise Denied(403, "foreign_origin", mismatch(request))


async def member_of(request: ASGIRequest, *, anew: bool = False) -> Member | None:
    """The signed-in member, by API token or session; None for nobody. `anew`: as it is now."""
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        return await _members.get(("token", token), lambda: member_of_token(token), anew=anew)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not key:
        return None
    return await _members.get(("session", key), lambda: member_of_session(key), anew=anew)


async def admit(request: ASGIRequest) -> Member:
    """The member who may make this request, CSRF included. Raises Denied."""
    if request.method not in {"GET", "HEAD"} and "Authorization" not in request.headers:
        check_csrf(request)
    member = await member_of(request)
    if member is None:
        raise Denied(401, "not_signed_in", "Sign in, or send an API token.")
    return member


def check_csrf(request: ASGIRequest) -> None:
    """Apply Django's own rules for requests that carry a session. Raises Denied."""
    middleware = CsrfViewMiddleware(lambda _: HttpResponse())
    middleware.process_request(request)
    if middleware.process_view(request, _any_view, (), {}) is not None:
        raise Denied(403, "csrf_failed", mismatch(request) or CSRF_FAILED)


def _any_view(request: object) -> HttpResponse:
    return HttpResponse()
