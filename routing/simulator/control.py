"""What can a drill or a test ask the simulator about itself?"""

from typing import Protocol, cast

import msgspec

from routing.simulator.behaviours import Unreadable
from routing.simulator.http import Answer, Request
from routing.simulator.log import Entry
from routing.simulator.vendors import VENDORS, Vendor

JSON = {"content-type": "application/json"}


class Controlled(Protocol):
    """The part of a simulator that these paths turn."""

    outages: dict[str, str]

    @property
    def log(self) -> list[Entry]: ...

    def outage(self, vendor: Vendor, behaviour: str | None) -> None: ...

    def forget(self) -> None: ...


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /control/outage`."""

    vendor: str
    behaviour: str | None


async def control(simulator: Controlled, request: Request, answer: Answer) -> None:
    """Serve `/control/log` and `/control/outage`; 404 for every other path."""
    match request.method, request.path:
        case "GET", "/control/log":
            status, body = 200, msgspec.json.encode(simulator.log)
        case "DELETE", "/control/log":
            simulator.forget()
            status, body = 200, b"[]"
        case "GET", "/control/outage":
            status, body = 200, msgspec.json.encode(simulator.outages)
        case "POST", "/control/outage":
            status, body = _outage(simulator, request.body)
        case _:
            status, body = 404, msgspec.json.encode({"error": f"no {request.path} here"})
    await answer.whole(status, JSON, body)


def _outage(simulator: Controlled, raw: bytes) -> tuple[int, bytes]:
    try:
        asked = msgspec.json.decode(raw, type=Outage)
        if asked.vendor not in VENDORS:
            raise Unreadable(f"no vendor {asked.vendor!r}")
        simulator.outage(cast(Vendor, asked.vendor), asked.behaviour)
    except (msgspec.DecodeError, Unreadable) as error:
        return 400, msgspec.json.encode({"error": str(error)})
    return 200, msgspec.json.encode(simulator.outages)
