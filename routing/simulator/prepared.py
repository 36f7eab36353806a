"""Keeps replies that a test has prepared word for word, and the conditions under which they are given."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec

from routing.simulator.calls import Call
from routing.simulator.dialect import Json
from routing.simulator.http import Answer, Break
from routing.simulator.log import Served
from routing.simulator.vendors import Vendor

FRAMING = {"content-length", "transfer-encoding"}
"""Headers that this server sets itself."""


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The requests that a prepared reply answers; an empty condition does not matter."""

    has: str = ""
    """A field of the JSON body, with dots between levels: `generationConfig.maxOutputTokens`."""
    role: str = ""
    """A role that one of the messages has; `system` also where the vendor keeps that text apart."""
    key: str = ""
    """The last characters of the key."""

    def fits(self, key: str, body: Json, call: Call) -> bool:
        """Whether this request meets all conditions."""
        return (
            key.endswith(self.key)
            and (not self.has or has_field(body, self.has))
            and (not self.role or any(message.role == self.role for message in call.messages))
        )


class Prepared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prepared reply, as `POST /control/reply` takes it."""

    vendor: Vendor
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    """All but those of the framing; without a content type it is JSON, or an event stream."""
    body: str = ""
    chunks: tuple[str, ...] = ()
    """In place of `body`: pieces that are sent one after another, as a stream."""
    pause_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Before each piece but the first."""
    ending: Literal["end"] | Break = "end"
    """After the last byte: a proper end, a connection closed without one, silence, or a TCP reset."""
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """How many requests it answers; None: every one until it is taken back."""
    when: When | None = None
    """Which requests it answers; None: all calls of the vendor."""


class PreparedReplies:
    """The prepared replies that have not been given yet, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Prepared] = []

    def add(self, prepared: Prepared) -> None:
        self._waiting.append(prepared)

    def clear(self) -> None:
        self._waiting.clear()

    def listed(self) -> list[Prepared]:
        """The replies that are left; `times` counts down."""
        return list(self._waiting)

    def take(self, vendor: str, key: str, body: Json, call: Call) -> Prepared | None:
        """The oldest reply that is meant for this request."""
        for at, prepared in enumerate(self._waiting):
            when = prepared.when
            if prepared.vendor == vendor and (when is None or when.fits(key, body, call)):
                self._count_down(at, prepared)
                return prepared
        return None

    def _count_down(self, at: int, prepared: Prepared) -> None:
        if prepared.times == 1:
            del self._waiting[at]
        elif prepared.times is not None:
            self._waiting[at] = msgspec.structs.replace(prepared, times=prepared.times - 1)


def has_field(body: Any, path: str) -> bool:
    """Whether a JSON object holds a field, whatever its value.

    >>> has_field({"a": {"b": None}}, "a.b"), has_field({"a": 1}, "a.b")
    (True, False)
    """
    for name in path.split("."):
        if not isinstance(body, dict) or name not in body:
            return False
        body = body[name]
    return True


async def send_prepared(answer: Answer, prepared: Prepared, served: Served) -> None:
    """Send the reply as it was prepared."""
    given = {name.lower(): value for name, value in prepared.headers.items()}
    kind = "text/event-stream" if prepared.chunks else "application/json"
    headers = {"content-type": kind} | {n: v for n, v in given.items() if n not in FRAMING}
    served.status = prepared.status
    if not prepared.chunks and prepared.ending == "end":
        await answer.whole(prepared.status, headers, prepared.body.encode())
        return
    await answer.start(prepared.status, headers)
    for at, piece in enumerate(prepared.chunks or (prepared.body,)):
        if at and prepared.pause_ms:
            await asyncio.sleep(prepared.pause_ms / 1000)
        await answer.part(piece.encode())
    if prepared.ending == "end":
        await answer.end()
    else:
        await answer.break_off(prepared.ending)
