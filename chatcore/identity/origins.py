"""Tells our own pages from foreign ones, by Django's rules, also behind a proxy on another port."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import is_same_domain

SCHEMES = {"ws": "http", "wss": "https"}
CSRF_FAILED = "The CSRF token is missing or wrong."
USUAL_PORTS = {"http": ":80", "https": ":443"}


def is_ours(origin: str, request: HttpRequest) -> bool:
    """Whether a page of that origin is one of this site's."""
    return origin.lower() == _asked_as(request) or any(
        _covers(trusted, origin) for trusted in settings.CSRF_TRUSTED_ORIGINS
    )


def mismatch(request: HttpRequest) -> str:
    """What is wrong where a request comes from another origin than it asks; "" where nothing is."""
    origin = request.headers.get("Origin") or _origin_of(request.headers.get("Referer", ""))
    if not origin or is_ours(origin, request):
        return ""
    asked = _asked_as(request)
    return (
        f"The page was opened at {origin[:200]}, but the request asked for {asked[:200]}. If both are"
        " this site, a proxy changes the Host header: let it pass on the one that it got, or set"
        " CHATCORE_URL to the address that people use."
    )


def wrong_host(request: HttpRequest) -> str:
    """What is wrong with a request whose Host header names no host of ours."""
    host = request.headers.get("Host", "")[:200]
    return (
        f"The request asked for the host {host!r}, which is none of this site's. If it came through a"
        " proxy, let that pass on the Host header that it got; else name the host in ALLOWED_HOSTS."
    )


def _asked_as(request: HttpRequest) -> str:
    """The origin that the request itself names; nobody writes a scheme's usual port."""
    scheme = SCHEMES.get(request.scheme or "", request.scheme or "")
    host = request.get_host().lower()
    return f"{scheme}://{host.removesuffix(USUAL_PORTS.get(scheme, ''))}"


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _covers(trusted: str, origin: str) -> bool:
    """`trusted` as CSRF_TRUSTED_ORIGINS writes it, perhaps with `*.` before the domain."""
    ours, theirs = urlsplit(trusted), urlsplit(origin)
    return ours.scheme == theirs.scheme and is_same_domain(
        theirs.netloc, ours.netloc.removeprefix("*")
    )
