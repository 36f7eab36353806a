"""Reads the base address of a provider as it was typed, pasted or set in the environment."""

import re
from urllib.parse import SplitResult, urlsplit

from routing.pasted.text import NotUsable, Pasted, refuse_assignment, unwrap
from routing.providers.registry import VENDORS

_ENDPOINT = re.compile(r"/(?:chat/completions|completions|responses|models(?:/.*)?)/*$")
"""What the wires put behind the base address of every call."""
_VERSION = re.compile(r"/v\d+\w*(?=/|$)")


def read_address(raw: str) -> Pasted:
    """The base address, up to its version path and without a slash at the end; "" when there is none.

    Raises NotUsable. The path of a call is cut off, and the version path of a known vendor added.
    """
    found = unwrap(raw)
    if not found.text:
        return found
    parts = _parts(found.text)
    path, notes = parts.path.rstrip("/"), list(found.notes)
    if endpoint := _ENDPOINT.search(path):
        path = path[: endpoint.start()].rstrip("/")
        notes.append(
            f"“{endpoint[0]}” at the end was left out: the address ends before the path of a call."
        )
    elif set("?#") & set(found.text):
        raise NotUsable("it has a ? or a # in it: an address is only a host and a path")
    origin = f"{parts.scheme}://{parts.netloc}"
    if not _VERSION.search(path):
        path, note = _with_version(parts.hostname or "", origin, path)
        notes.append(note)
    return Pasted(f"{origin}{path}", tuple(notes))


def own_address(host: str) -> str:
    """The vendor's usual address on this host, if the host is a known vendor's; else ""."""
    for vendor in VENDORS:
        if host in vendor.known_hosts:
            return f"https://{host}{urlsplit(vendor.base_url).path}"
    return ""


def _parts(text: str) -> SplitResult:
    refuse_assignment(text)
    if re.search(r"\s", text):
        raise NotUsable("it has a space in it")
    if not text.isprintable():
        raise NotUsable("it has characters in it that cannot be seen: type it anew")
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise NotUsable("it must begin with https://, or http:// for a server of your own")
    try:
        parts = urlsplit(text)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        is_address = False
    if not is_address:
        raise NotUsable("it has no host, or a port that is none")
    if "@" in parts.netloc:
        raise NotUsable("it has a user name or a password in it: only a provider key is sent")
    return parts


def _with_version(host: str, origin: str, path: str) -> tuple[str, str]:
    """Add the version path that a known vendor needs; returns the path and a note on the correction."""
    own = own_address(host)
    if not own:
        return path, (
            "It has no version path such as “/v1”, which is right only if calls go to "
            f"{origin}{path}/… as it stands."
        )
    version = urlsplit(own).path
    if path:
        raise NotUsable(f"it has no version path; expected {own}")
    return version, f"“{version}” was put at its end, where this vendor's addresses end."
