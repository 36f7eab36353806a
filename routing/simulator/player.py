"""Plays one behaviour on one connection, the same way for every vendor."""

import asyncio

from routing.simulator.behaviours import ERRORS, FAULTS, SLOW, Behaviour
from routing.simulator.calls import Call, Reply
from routing.simulator.dialect import Dialect, ErrorReply, Json, Writer, encode
from routing.simulator.http import Answer, Break
from routing.simulator.log import Served
from routing.simulator.replies import compose

ABOUT_THE_CALL = frozenset({"400", "404", "toolong"})
"""Errors that say nothing of the vendor's health: its models can still be listed."""
BREAKS: dict[str, Break] = {
    "stall": "silence",
    "reset": "reset",
    "cut": "close",
    "noend": "silence",
    "noend-close": "close",
    "noend-reset": "reset",
}
"""How the connection is left, by the behaviour's name or label."""
KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_EVERY_MS = 100


async def refuse(
    answer: Answer, dialect: Dialect, error: ErrorReply, streamed: bool, served: Served
) -> None:
    """Send an error body under its status; limits in headers are the error's own or none."""
    served.status = error.status
    kind = dialect.stream_error_type if streamed else dialect.json_type
    usual = {name: value for name, value in dialect.headers().items() if "ratelimit" not in name}
    headers = {**usual, **error.headers, "content-type": kind}
    await answer.whole(error.status, headers, encode(error.body))


async def play(
    answer: Answer, dialect: Dialect, call: Call, behaviour: Behaviour, served: Served
) -> None:
    """Serve one call as its behaviour says, writing into `served` what went out."""
    if behaviour.name == "refused":
        if behaviour.kind == "close":
            answer.hang_up()
        else:
            answer.reset()
        return
    if behaviour.name in ERRORS or behaviour.label in dialect.refuses:
        error = dialect.error(call, behaviour)
        await refuse(answer, dialect, error, call.stream, served)
        return
    if behaviour.name == "slowheaders":
        await asyncio.sleep(behaviour.wait_ms / 1000)
    reply = compose(dialect.vendor, call, behaviour)
    performance = Performance(answer, dialect, call, behaviour, reply, served)
    await (performance.stream() if call.stream else performance.whole())


async def list_models(
    answer: Answer, dialect: Dialect, call: Call, behaviour: Behaviour, models: Json, served: Served
) -> None:
    """Answer with the list of models, unless the vendor's outage stands in the way.

    A vendor whose streams break gives no sign of health here either.
    """
    match behaviour.name:
        case "refused" | "reset" if behaviour.kind != "close":
            answer.reset()
        case "refused" | "cut":
            answer.hang_up()
        case "stall":
            await asyncio.Event().wait()
        case "error":
            error = dialect.error(call, Behaviour(name="500"))
            await refuse(answer, dialect, error, False, served)
        case name if name in ERRORS - ABOUT_THE_CALL:
            await refuse(answer, dialect, dialect.error(call, behaviour), False, served)
        case name:
            if name in SLOW:
                await asyncio.sleep(behaviour.wait_ms / 1000)
            served.status = 200
            headers = {**dialect.headers(), "content-type": dialect.json_type}
            await answer.whole(200, headers, encode(models))


class Performance:
    """Sends one reply with status 200, and breaks it as the behaviour says."""

    def __init__(
        self,
        answer: Answer,
        dialect: Dialect,
        call: Call,
        behaviour: Behaviour,
        reply: Reply,
        served: Served,
    ) -> None:
        self._answer = answer
        self._dialect = dialect
        self._call = call
        self._behaviour = behaviour
        self._reply = reply
        self._served = served

    async def whole(self) -> None:
        """Send the reply in one JSON body; faults happen in the middle of that body."""
        waited = len(self._reply.deltas) * self._behaviour.pace_ms
        if self._behaviour.name in ("slowtoken", "thinks"):
            waited += self._behaviour.wait_ms
        await asyncio.sleep(waited / 1000)
        headers = {**self._dialect.headers(), "content-type": self._dialect.json_type}
        body = encode(self._dialect.whole(self._call, self._behaviour, self._reply))
        self._served.status = 200
        match self._behaviour.name:
            case "stall" | "cut" | "reset":
                await self._answer.half(200, headers, body)
                await self._break_off()
            case "badevent":
                await self._answer.whole(200, headers, body[: len(body) // 2])
            case "error":
                error = self._dialect.error(self._call, Behaviour(name="500"))
                await self._answer.whole(200, headers, encode(error.body))
            case _:
                await self._answer.whole(200, headers, body)
                self._served.text = self._reply.text
                self._served.deltas = 1
                self._finished()

    async def stream(self) -> None:
        """Send the reply in small pieces."""
        content_type = "text/event-stream" if self._call.sse else self._dialect.json_type
        headers = {**self._dialect.headers(), "content-type": content_type}
        await self._answer.start(200, headers)
        self._served.status = 200
        if self._behaviour.name == "slowtoken":
            await self._keep_alive()
        writer = self._dialect.writer(self._call, self._behaviour, self._reply)
        await self._say(writer.opening())
        await self._think(writer)
        await self._say(writer.begin_text())
        await self._texts(writer)

    async def _think(self, writer: Writer) -> None:
        """Send the thinking that the vendor shows; `thinks` takes its time, shown or not."""
        for thought in self._reply.thoughts:
            if (event := writer.thought(thought)) is not None:
                await self._say([event])
            if self._behaviour.name == "thinks":
                await asyncio.sleep(self._behaviour.wait_ms / 1000 / len(self._reply.thoughts))
            elif event is not None:
                await self._pace()

    async def _texts(self, writer: Writer) -> None:
        strikes = min(self._behaviour.after, len(self._reply.deltas))
        for at, delta in enumerate((*self._reply.deltas, "")):
            if self._behaviour.name in FAULTS and at == strikes and await self._strike(writer):
                return
            if delta:
                await self._say([writer.text(delta)])
                self._served.text += delta
                self._served.deltas += 1
                await self._pace()
        await self._say(writer.closing())
        self._finished()
        if self._behaviour.name == "noend":
            await self._break_off()
        else:
            await self._answer.end()

    async def _strike(self, writer: Writer) -> bool:
        """Break the stream; returns whether that ends the reply."""
        match self._behaviour.name:
            case "badevent":
                await self._say([writer.unreadable()])
                return False
            case "error":
                await self._say(writer.failure())
                await self._answer.end()
            case "cut" if self._behaviour.kind != "abrupt":
                await self._answer.end()
            case _:
                await self._break_off()
        return True

    async def _break_off(self) -> None:
        name, label = self._behaviour.name, self._behaviour.label
        await self._answer.break_off(BREAKS.get(label) or BREAKS[name])

    async def _say(self, events: list[bytes]) -> None:
        await self._answer.part(b"".join(events))

    async def _pace(self) -> None:
        if self._behaviour.pace_ms:
            await asyncio.sleep(self._behaviour.pace_ms / 1000)

    async def _keep_alive(self) -> None:
        for left_ms in range(self._behaviour.wait_ms, 0, -KEEP_ALIVE_EVERY_MS):
            await self._answer.part(KEEP_ALIVE)
            await asyncio.sleep(min(left_ms, KEEP_ALIVE_EVERY_MS) / 1000)

    def _finished(self) -> None:
        self._served.finish = self._reply.finish
        if self._dialect.tells_usage(self._call, self._behaviour):
            self._served.usage = self._reply.counts
            self._served.cost_usd = self._dialect.cost_usd(self._reply)
