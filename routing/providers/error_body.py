"""Reads the body of an error reply, in whichever shape a vendor sends it.

{"error": {"message": ..., "type": ..., "param": ..., "code": ...}}     OpenAI, Kimi, Perplexity
[{"error": {"code": 429, "status": ..., "details": [...]}}]             Gemini, as a stream
{"detail": [{"loc": ["body", "x"], "msg": ...}]}                        FastAPI; Mistral: `message`,
                                                                        or `detail` inside it
{"error": "..."}, {"message": "..."}, plain text, a page                gateways
"""

import re
from collections.abc import Mapping

import msgspec

from routing.providers.error_report import ErrorReport
from routing.providers.fields import Json, integer, items, obj, parse, text, word

MESSAGE_CHARS = 4000
_FIELD = re.compile(r"[\w.\[\]/#-]{1,100}")
"""What a field's name may look like. Anything else in its place may be a piece of the prompt."""
_BOM = b"\xef\xbb\xbf"


def read(status: int, headers: Mapping[str, str], body: bytes) -> ErrorReport:
    """The refusal in a reply with an error status; where the body says nothing, the status alone."""
    start = body.removeprefix(_BOM).lstrip()
    if start.startswith(b"<") or headers.get("content-type", "").startswith("text/html"):
        return ErrorReport(status=status, headers=headers, is_page=True)
    try:
        document = parse(body)
    except ValueError:
        message = body[: 4 * MESSAGE_CHARS].decode("utf-8", "replace")[:MESSAGE_CHARS]
        return ErrorReport(status=status, headers=headers, message=message)
    return read_document(document, status, headers)


def read_in_band(document: object) -> ErrorReport:
    """The refusal in a JSON object inside a 200, with the status that it names, else 500."""
    report = read_document(document, 0, {})
    named = integer(report.code) or 0
    if not 400 <= named <= 599:
        named = 400 if report.type == "invalid_request_error" else 500
    return msgspec.structs.replace(report, status=named, in_band=True)


def read_document(document: object, status: int, headers: Mapping[str, str]) -> ErrorReport:
    """The refusal in a JSON text of any of these shapes."""
    if isinstance(document, list):
        document = document[0] if document else None
    outer = obj(document)
    error = outer.get("error", outer)
    body = obj(error)
    complaints = [obj(item) for item in _field_errors(outer, body)]
    return ErrorReport(
        status=status,
        headers=headers,
        code=_code(body.get("code")),
        # Gemini's name for it is `status`.
        type=_code(body.get("type")) or _code(body.get("status")),
        message=_message(outer, error, complaints)[:MESSAGE_CHARS],
        fields=_fields(body, complaints),
        body=body,
    )


def _field_errors(outer: Json, body: Json) -> list[object]:
    """The errors of single fields, as FastAPI and its copies list them."""
    inside = obj(body.get("message")).get("detail")
    places = (outer.get("detail"), body.get("message"), body.get("detail"), inside)
    return next((items(place) for place in places if items(place)), [])


def _message(outer: Json, error: object, complaints: list[Json]) -> str:
    body = obj(error)
    said = (
        body.get("message"),
        error,
        outer.get("detail"),
        outer.get("message"),
        body.get("msg"),
        body.get("detail"),
    )
    first = next((text(words) for words in said if text(words)), "")
    # OpenRouter's own message says nothing; the vendor's is inside.
    inner = text(obj(body.get("metadata")).get("raw"))
    listed = " ".join(f"{_place(c)} {text(c.get('msg'))}" for c in complaints)
    return " ".join(words for words in (first, inner, listed) if words)


def _fields(body: Json, complaints: list[Json]) -> tuple[str, ...]:
    named = [text(body.get("param")), *map(_place, complaints)]
    return tuple(field for field in named if _FIELD.fullmatch(field))


def _place(complaint: Json) -> str:
    """Join `["body", "messages", 0, "role"]` to `messages.0.role`."""
    steps = [str(step) for step in items(complaint.get("loc")) if isinstance(step, str | int)]
    return ".".join(steps[1:] if steps[:1] == ["body"] else steps)


def _code(value: object) -> str:
    """The error code as text; Perplexity's and Gemini's are numbers."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31:
        return str(value)
    return word(value)
