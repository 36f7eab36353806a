"""Serves the paths under `/control`, by which a drill or a test steers the simulator."""

from typing import Protocol

import msgspec

from routing.simulator.behaviours import Unreadable
from routing.simulator.http import Answer, Request
from routing.simulator.log import Entry
from routing.simulator.prepared import Prepared
from routing.simulator.vendors import Vendor

JSON = {"content-type": "application/json"}


class Controlled(Protocol):
    """The part of a simulator that these paths change."""

    @property
    def log(self) -> list[Entry]: ...

    @property
    def outages(self) -> dict[str, str]: ...

    @property
    def replies(self) -> list[Prepared]: ...

    def outage(self, vendor: Vendor, behaviour: str | None, key: str = "") -> None: ...

    def reply(self, prepared: Prepared) -> None: ...

    def forget_replies(self) -> None: ...

    def forget(self) -> None: ...


class Unknown(Exception):
    """There is no such path."""


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /control/outage`."""

    vendor: Vendor
    behaviour: str | None
    key: str = ""


async def control(simulator: Controlled, request: Request, answer: Answer) -> None:
    """Serve a path under `/control`; 404 where there is none."""
    try:
        status, body = 200, _do(simulator, request)
    except Unknown:
        status, body = 404, {"error": f"no {request.method} {request.path} here"}
    except (msgspec.DecodeError, Unreadable) as error:
        status, body = 400, {"error": str(error)}
    await answer.whole(status, JSON, msgspec.json.encode(body))


def _do(simulator: Controlled, request: Request) -> object:
    """Carry out the request; returns what is to be answered."""
    match request.method, request.path:
        case "GET", "/control/log":
            return simulator.log
        case "DELETE", "/control/log":
            simulator.forget()
            return []
        case "GET", "/control/outage":
            return simulator.outages
        case "POST", "/control/outage":
            asked = msgspec.json.decode(request.body, type=Outage)
            simulator.outage(asked.vendor, asked.behaviour, asked.key)
            return simulator.outages
        case "GET", "/control/reply":
            return simulator.replies
        case "POST", "/control/reply":
            simulator.reply(msgspec.json.decode(request.body, type=Prepared))
            return simulator.replies
        case "DELETE", "/control/reply":
            simulator.forget_replies()
            return []
    raise Unknown
