"""Finds out from which address a request comes, behind any number of proxies of our own."""

import ipaddress
from typing import Any

from django.conf import settings

Scope = dict[str, Any]


def client_of(scope: Scope) -> Any:
    """The client's (address, port), as ASGI has it; the port is 0 where a proxy named the address.

    Each of our proxies appends the address that it was called from to X-Forwarded-For. So the n-th
    from the right is the client's, where n of them are ours; what stands before it is the client's own
    word. A header that is shorter went past some of them.
    """
    peer, ours = scope.get("client"), settings.TRUSTED_PROXIES
    if not ours:
        return peer
    named = [part for part in _parts(scope) if part]
    if not named:
        return peer
    address = _address(named[-min(ours, len(named))])
    return (address, 0) if address else peer


def _parts(scope: Scope) -> list[str]:
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [part.strip() for line in lines for part in line.decode("latin-1").split(",")]


def _address(named: str) -> str:
    """The address in `address`, `address:port` or `[address]:port`; "" where it is none."""
    if named.startswith("["):
        named = named[1:].partition("]")[0]
    elif named.count(":") == 1:
        named = named.partition(":")[0]
    try:
        return str(ipaddress.ip_address(named))
    except ValueError:
        return ""
