"""Finds the field of a request that a vendor refuses, and whether this wire added it by itself.

A wire adds parameters that nobody asked for: a cap, the wish for usage, a role. A server that does not
know one of them can still answer without it. Vendors say so in a `param`, in a `loc`, or in the message.
"""

import re
from collections.abc import Collection
from functools import cache

from routing.providers.error_report import ErrorReport

SYSTEM_ROLE = "system_role"
DEVELOPER_ROLE = "developer_role"

_ANY_CAP = r"max_?(?:completion_?|output_?)?tokens"
_NO = (
    r"(?:unsupport|not support|n't support|unknown|unrecogni[sz]ed|unexpected|invalid|not allowed"
    r"|not permitted|not enabled|not accept|extra )\w*"
)
_NAMES = {
    # Servers mix up the names of the cap: OpenAI speaks of `max_tokens` when it was sent the other.
    "max_completion_tokens": _ANY_CAP,
    "max_tokens": _ANY_CAP,
    "max_output_tokens": _ANY_CAP,
    "maxOutputTokens": _ANY_CAP,
    "stream_options": r"stream_options|include_usage",
    "thinkingConfig": r"thinking_?config|include_?thoughts",
    # Too common a word: it counts only beside a refusal.
    "tools": rf"{_NO}.{{0,60}}\b(?:tools?|web_search)\b|\b(?:tools?|web_search)\b.{{0,60}}{_NO}",
}
_PATTERNS = {
    name: re.compile(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", re.IGNORECASE | re.DOTALL)
    for name, pattern in _NAMES.items()
}
_PLACES = {
    **{name: re.compile(rf"\b(?:{_ANY_CAP})\b", re.IGNORECASE) for name in _NAMES if "max" in name},
    "stream_options": re.compile(r"\bstream_options\b"),
    "thinkingConfig": re.compile(r"thinking_?config", re.IGNORECASE),
    "tools": re.compile(r"\btools\b"),
}
_REFUSAL = re.compile(
    rf"{_NO}|supported range|must be|too (?:large|high|big)|exceeds|less than", re.IGNORECASE
)
_CAP_TOO_LARGE = re.compile(rf"{_ANY_CAP}\W{{0,3}} (?:is|are) too large", re.IGNORECASE)
_ALWAYS_THERE = re.compile(
    r"(?:body\.)?(?:model|messages?|input|contents?|stream|instructions)\b(?!_)", re.IGNORECASE
)
"""Fields of every request: a refusal of one of them is not about a parameter that we added."""

_ROLE_PLACE = re.compile(r"\bmessages?\b.{0,6}\b(?:0\b.{0,20})?\brole\b", re.DOTALL)
_ROLE_WORD = re.compile(r"\b(?:roles?|messages?|instructions?|prompts?|variant)\b", re.IGNORECASE)
_NO_SYSTEM = re.compile(
    # Templates of open models; Gemini, of Gemma.
    "only user and (?:assistant|model) roles|developer instruction is not enabled",
    re.IGNORECASE,
)


def _role_refused(role: str) -> re.Pattern[str]:
    """A pattern for a refused role, in wordings collected from public bug reports."""
    return re.compile(
        rf"\b{role}\b.{{0,40}}(?:not supported|not allowed|not permitted|not valid|not a valid"
        rf"|not enabled|not one of|unsupported|is invalid)"
        rf"|(?:not support|n't support|unsupported|invalid|unknown|unexpected|received|not accept)"
        rf"\w*.{{0,40}}\b{role}\b"
        rf"|input\W{{1,6}}{role}\b",
        re.IGNORECASE | re.DOTALL,
    )


_ROLES = {SYSTEM_ROLE: _role_refused("system"), DEVELOPER_ROLE: _role_refused("developer")}

_FIELD_IN_WORDS = re.compile(
    r"(?:argument supplied|unknown (?:parameter|field|name)|unsupported (?:parameter|value)"
    r"|unrecogni[sz]ed (?:field|parameter)|unexpected keyword argument|invalid value at"
    r"|invalid parameter):? ?[`'\"]?(?P<a>[\w.\[\]]{2,60})"
    r"|\bhas an? (?P<b>\w{2,60}) value of"
    r"|\binvalid (?P<c>temperature|max_tokens|max_completion_tokens)\b"
    r"|(?P<d>\b[a-z]{1,30}_\w{1,30})[`'\"]? must be\b",
    re.IGNORECASE,
)


def refused_by(report: ErrorReport, sent: Collection[str]) -> str | None:
    """The first parameter of `sent` that the vendor refuses; None if it is none of them."""
    for name in sent:
        if name in _ROLES:
            if _refuses_role(report, name):
                return name
        elif any(_place(name).search(field) for field in report.fields):
            return name
    if any(_ALWAYS_THERE.match(field) for field in report.fields):
        return None
    if report.status >= 500 and not _REFUSAL.search(report.message):
        # A server that fell over may print the whole request.
        return None
    in_words = (n for n in sent if n not in _ROLES and _in_words(n).search(report.message))
    return next(in_words, None)


@cache
def _place(name: str) -> re.Pattern[str]:
    """How a parameter stands in a `param` or a `loc`; by its own name if nothing else is known."""
    return _PLACES.get(name) or re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)


@cache
def _in_words(name: str) -> re.Pattern[str]:
    """How a message names a parameter; by its own name beside a refusal if nothing else is known."""
    if name in _PATTERNS:
        return _PATTERNS[name]
    own = rf"\b{re.escape(name)}\b"
    return re.compile(rf"{_NO}.{{0,60}}{own}|{own}.{{0,60}}{_NO}", re.IGNORECASE | re.DOTALL)


def refuses_cap(report: ErrorReport) -> bool:
    """Whether the cap on the reply is too large, rather than the prompt too long."""
    return _CAP_TOO_LARGE.search(report.message) is not None


def field_named(report: ErrorReport) -> str | None:
    """The field that the refusal names; None if it names none."""
    if report.fields:
        return report.fields[0]
    found = _FIELD_IN_WORDS.search(report.message)
    return next((name for name in found.groups() if name), None) if found else None


def _refuses_role(report: ErrorReport, name: str) -> bool:
    message = report.message
    if "alternate" in message:
        # The order of the roles, which the wire does not choose.
        return False
    if name == SYSTEM_ROLE and _NO_SYSTEM.search(message):
        return True
    role = name.removesuffix("_role")
    if any(_ROLE_PLACE.search(field) for field in report.fields):
        return role in message or not message
    return bool(_ROLE_WORD.search(message) and _ROLES[name].search(message))
