"""What each vendor's module must offer, and what they share; the player knows nothing else of a vendor."""

import json
from email.utils import formatdate
from time import time
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Reply
from routing.simulator.http import Request

Json = dict[str, Any]

NO_KEY = Behaviour(name="nokey")
"""Asked for when a request carries no key; not in the grammar, since no model name causes it."""


class Unusable(Exception):
    """The vendor does not accept the request's body; the text goes into the 400."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class ErrorReply(msgspec.Struct, frozen=True):
    """An error in the vendor's own words."""

    status: int
    body: Json
    headers: dict[str, str] = {}


def leaking(error: ErrorReply, key: str, prompt: str) -> ErrorReply:
    """The same error with a message that repeats the key and the prompt, which no log may hold."""

    def told(part: Any, name: str = "") -> Any:
        if isinstance(part, dict):
            return {name: told(value, name) for name, value in part.items()}
        return f"{part} (key {key}, message {prompt})" if name == "message" else part

    return ErrorReply(error.status, told(error.body), error.headers)


class Writer(Protocol):
    """Writes one streamed reply in the vendor's own bytes; transport faults are made elsewhere."""

    def opening(self) -> list[bytes]: ...

    def thought(self, delta: str) -> bytes | None:
        """Thinking text apart from the answer; None where the vendor does not show it."""

    def begin_text(self) -> list[bytes]:
        """The events between the thinking and the first words."""

    def text(self, delta: str) -> bytes: ...

    def closing(self) -> list[bytes]:
        """Finish reason, usage, and the vendor's mark of the end."""

    def unreadable(self) -> bytes:
        """An event that is not JSON."""

    def failure(self) -> list[bytes]:
        """The vendor's server error as it comes inside an HTTP 200."""


class Dialect(Protocol):
    """How one vendor reads requests and words its replies and errors."""

    vendor: str
    json_type: str
    stream_error_type: str
    """The content type of an error body that answers a streaming request."""
    lacks: frozenset[str]
    """Behaviour labels that do not exist at this vendor."""
    refuses: frozenset[str]
    """Behaviour labels that this vendor, and not every vendor, answers with an error status."""

    def key(self, request: Request) -> str: ...

    def call(self, request: Request) -> Call:
        """Read the call in a request. Raises Unusable if the vendor does not accept the body."""

    def headers(self) -> dict[str, str]: ...

    def writer(self, call: Call, behaviour: Behaviour, reply: Reply) -> Writer: ...

    def whole(self, call: Call, behaviour: Behaviour, reply: Reply) -> Json:
        """The answer to a request that did not ask for a stream."""

    def error(self, call: Call, behaviour: Behaviour) -> ErrorReply: ...

    def invalid(self, message: str, param: str | None = None) -> ErrorReply: ...

    def tells_usage(self, call: Call, behaviour: Behaviour) -> bool:
        """Whether a finished reply holds usage."""

    def cost_usd(self, reply: Reply) -> float | None:
        """The cost that the vendor itself reports; None if it reports none."""


def bearer(request: Request) -> str:
    """The key of an `Authorization: Bearer` header; "" without one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def body_of(request: Request) -> Json:
    """The request's JSON object.

    Raises Unusable: it is something else.
    """
    try:
        body = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unusable("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Unusable("The body is not a JSON object.")
    return body


def text_of(content: object) -> str:
    """The text of a message's content, which is a string or a list of typed parts.

    Raises Unusable: it is neither.
    """
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(str(part.get("text", "")) for part in content)
    raise Unusable("A message's content is neither text nor a list of parts.", "messages")


def cap_of(value: object, name: str) -> int | None:
    """The cap on output tokens in a request.

    Raises Unusable: it is not a positive whole number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Unusable(f"Invalid value for '{name}': expected a positive integer.", name)
    return value


def object_of(value: object, name: str) -> Json:
    """A part of the body that is an object or absent.

    Raises Unusable: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unusable(f"Invalid type for '{name}': expected an object.", name)
    return value


def encode(value: Json) -> bytes:
    """Compact JSON, as all vendors but Gemini write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def delay_headers(behaviour: Behaviour) -> dict[str, str]:
    """The headers of a 429 that tells its delay in one; a second if the name gives no number."""
    usual = 1000 if behaviour.kind == "ms" else 1
    amount = usual if behaviour.delay is None else behaviour.delay
    match behaviour.kind:
        case "header":
            return {"retry-after": str(amount)}
        case "ms":
            return {"retry-after-ms": str(amount)}
        case "date":
            return {"retry-after": formatdate(time() + amount, usegmt=True)}
        case "reset":
            wait = f"{amount // 60}m{amount % 60}s" if amount >= 60 else f"{amount}s"
            return {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": wait}
    return {}


def new_id(prefix: str) -> str:
    """A new id in the vendor's style."""
    return f"{prefix}{uuid4().hex}"
