"""One row of the table: what a vendor says, word for word, and what is to come of it."""

import json
from typing import Literal

import msgspec

from routing.simulator import Prepared, When
from routing.simulator.vendors import Vendor

SECOND: dict[Vendor, Vendor] = {
    "openai": "kimi",
    "kimi": "openai",
    "perplexity": "gemini",
    "gemini": "openai",
}
"""Who stands behind a vendor on the shipped ladder that it leads."""
NAMES = {"openai": "OpenAI", "kimi": "Kimi", "perplexity": "Perplexity", "gemini": "Gemini"}
MODELS = {
    "openai": "openai/gpt-6.1-terra",
    "kimi": "kimi/kimi-k3.1-pro",
    "perplexity": "perplexity/perplexity/sonar",
    "gemini": "gemini/gemini-3.8-flash",
}
"""The first model of that ladder."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor under test says, and what is to be seen of it."""

    what: str
    vendor: Vendor
    replies: tuple[Prepared, ...]
    """Its prepared replies, in their order; otherwise it answers well."""

    # --- what the user sees ---
    text: str = ""
    """The words on the screen; "": those that the last vendor called sends when it is well."""
    told: str = ""
    """What became of the vendor under test, in the line below the reply; "": nothing happened."""
    truncated: str | None = None
    finish: str = "stop"
    tokens: tuple[int, int] | None = None
    """Read and written; None: those of the simulator, of no interest here."""
    cost: tuple[str, str] | None = None
    """USD, and who says so."""

    # --- who was called ---
    called: tuple[Vendor, ...]
    errors: tuple[str, ...] = ()
    """Of the calls, as they are recorded."""
    next_turn: tuple[Vendor, ...] = ()
    """Who is called for the next message, while the vendor goes on as before; (): not asked."""
    left_open: bool = False
    """The turn ended while the vendor still held the connection open."""

    # --- what cooled, and what was learned ---
    cools: Literal["", "key"] = ""
    without: frozenset[str] = frozenset()
    """What the model is no longer sent."""
    incident: str = ""
    """Its kind; "": staff need not act."""


def answered(what: str, vendor: Vendor, *replies: Prepared, text: str, **seen: object) -> Row:
    """The vendor's own words stand, and nothing cools."""
    fields = {"what": what, "vendor": vendor, "replies": replies, "text": text} | seen
    return msgspec.convert({"called": (vendor,), "errors": ("",)} | fields, Row)


def moves_on(
    what: str, vendor: Vendor, *replies: Prepared, error: str, told: str, **seen: object
) -> Row:
    """The next vendor answers, after one call."""
    second = SECOND[vendor]
    fields = {"what": what, "vendor": vendor, "replies": replies, "told": told} | seen
    return msgspec.convert({"called": (vendor, second), "errors": (error, "")} | fields, Row)


def adapts(what: str, vendor: Vendor, *replies: Prepared, without: set[str], **seen: object) -> Row:
    """The same vendor answers once it is asked without what it refuses, and from then on at once."""
    calls = len(without) + 1
    fields = {
        "what": what,
        "vendor": vendor,
        "replies": replies,
        "without": frozenset(without),
        "called": (vendor,) * calls,
        "errors": ("parameter_refused",) * len(without) + ("",),
        "next_turn": (vendor,),
    }
    return msgspec.convert(fields | seen, Row)


def says(
    vendor: Vendor,
    status: int,
    body: str,
    *,
    has: str = "",
    role: str = "",
    **headers: str,
) -> Prepared:
    """The vendor refuses: always, or while the request has a field or a role."""
    when = When(has=has, role=role) if has or role else None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Prepared(vendor=vendor, status=status, body=body, headers=named, when=when)


def streams(
    vendor: Vendor,
    *data: str,
    ending: Literal["end", "close", "silence", "reset"] = "end",
    has: str = "",
    role: str = "",
) -> Prepared:
    """The vendor answers with these events, each a JSON text (or `[DONE]`)."""
    when = When(has=has, role=role) if has or role else None
    chunks = tuple(f"{_named(one)}data: {one}\n\n" for one in data)
    return Prepared(vendor=vendor, chunks=chunks, ending=ending, when=when)


def _named(data: str) -> str:
    """Responses names its events twice: in the JSON text, and in a line of its own."""
    kind = json.loads(data).get("type") if data.startswith('{"type"') else None
    return f"event: {kind}\n" if kind else ""
