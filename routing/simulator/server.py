"""Who is asked, with which key, and what shall happen? Then the player plays it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from time import time

from routing.simulator.behaviours import Behaviour, Unreadable, parse
from routing.simulator.calls import Call
from routing.simulator.control import control
from routing.simulator.dialect import NO_KEY, Dialect, ErrorReply, Unusable, tattling
from routing.simulator.http import Answer, BadRequest, Connection, Request
from routing.simulator.log import CallLog, Entry
from routing.simulator.player import play, refuse
from routing.simulator.vendors import VENDORS, Vendor, other_path, vendor_of

BAD_KEY = "bad-key"
UNKNOWN = Call(model="", said=())


class Simulator:
    """A running simulator."""

    def __init__(self) -> None:
        self.url = ""
        self.outages: dict[str, str] = {}
        """Vendor to the behaviour it has been given."""
        self._log = CallLog()
        self._failed: Counter[tuple[str, str]] = Counter()
        self._connections: set[asyncio.Task[None]] = set()
        self._serving = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def log(self) -> list[Entry]:
        """Every call since the start or the last `forget`, oldest first; running ones still grow."""
        return self._log.entries()

    def base_url(self, vendor: Vendor) -> str:
        """The vendor's base URL, with its version path, as a provider's settings want it."""
        return f"{self.url}/{vendor}/{'v1beta' if vendor == 'gemini' else 'v1'}"

    def outage(self, vendor: Vendor, behaviour: str | None) -> None:
        """Give a whole vendor one behaviour (`503`, `stall-after3`), or None to end that.

        Raises Unreadable: the grammar has no such behaviour.
        """
        if behaviour is None:
            self.outages.pop(vendor, None)
            return
        parse(f"sim-{behaviour}")
        self._failed.pop((vendor, behaviour), None)
        self.outages[vendor] = behaviour

    def forget(self) -> None:
        """Empty the log and start counting flaky calls anew; outages stay."""
        self._log.clear()
        self._failed.clear()

    async def settled(self) -> None:
        """Wait until no call is being served, so that every entry of the log is complete."""
        await self._idle.wait()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A peer has connected: converse with it until one of the two leaves."""
        task = asyncio.create_task(self._converse(Connection(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def stop(self) -> None:
        """End every connection."""
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(self, connection: Connection) -> None:
        try:
            while request := await connection.request():
                if not await self._respond(connection, request):
                    break
        except BadRequest as error:
            await Answer(connection).whole(400, {"connection": "close"}, str(error).encode())
        finally:
            connection.close()

    async def _respond(self, connection: Connection, request: Request) -> bool:
        """Answer one request; whether the connection can carry another."""
        answer = Answer(connection)
        vendor = vendor_of(request.path)
        if vendor is None:
            await control(self, request, answer)
            return request.keeps_alive
        dialect = VENDORS[vendor]
        entry = self._log.open(vendor, request.path, dialect.key(request))
        work = asyncio.create_task(self._serve(answer, dialect, request, entry))
        watch = asyncio.create_task(connection.peer_left())
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                entry.peer_left_at = time()
                return False
            work.result()
            return request.keeps_alive and not answer.broken
        finally:
            for task in (work, watch):
                task.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _serve(
        self, answer: Answer, dialect: Dialect, request: Request, entry: Entry
    ) -> None:
        self._serving += 1
        self._idle.clear()
        try:
            call, verdict = self._judge(dialect, request)
            entry.model, entry.stream = call.model, call.stream
            entry.messages, entry.prompt_tokens = len(call.said), call.input_tokens
            if isinstance(verdict, ErrorReply):
                entry.behaviour = str(verdict.status)
                await refuse(answer, dialect, verdict, call.stream, entry.served)
            else:
                entry.behaviour, answer.split = verdict.label, verdict.split
                await play(answer, dialect, call, verdict, entry.served)
        finally:
            entry.done_at = time()
            self._serving -= 1
            if not self._serving:
                self._idle.set()

    def _judge(self, dialect: Dialect, request: Request) -> tuple[Call, Behaviour | ErrorReply]:
        """The call, and what to do with it: key first, then the body, then the model's name."""
        key = dialect.key(request)
        if not key or key == BAD_KEY:
            return UNKNOWN, dialect.error(UNKNOWN, NO_KEY if not key else Behaviour(name="401"))
        if (fixed := other_path(dialect.vendor, request)) is not None:
            return UNKNOWN, fixed
        try:
            call = dialect.call(request)
            behaviour = self._behaviour(dialect, call)
        except (Unusable, Unreadable) as error:
            return UNKNOWN, dialect.invalid(str(error), getattr(error, "param", None))
        if behaviour.name in dialect.lacks or behaviour.label in dialect.lacks:
            return call, dialect.invalid(f"{dialect.vendor} has no behaviour {behaviour.label!r}")
        if behaviour.tattles:
            return call, tattling(dialect.error(call, behaviour), key, call.prompt)
        return call, behaviour

    def _behaviour(self, dialect: Dialect, call: Call) -> Behaviour:
        """The outage's behaviour, else the model's, unless a flaky one has failed often enough."""
        outage = self.outages.get(dialect.vendor)
        behaviour = parse(f"sim-{outage}" if outage else call.model)
        if behaviour.fails_first is None:
            return behaviour
        counted = (dialect.vendor, outage or call.model)
        if self._failed[counted] >= behaviour.fails_first:
            return Behaviour(pace_ms=behaviour.pace_ms, tokens=behaviour.tokens)
        self._failed[counted] += 1
        return behaviour


@contextlib.asynccontextmanager
async def serve(port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[Simulator]:
    """A simulator in this process and loop; port 0 takes a free one."""
    simulator = Simulator()
    server = await asyncio.start_server(simulator.connected, host, port)
    bound = server.sockets[0].getsockname()[1]
    simulator.url = f"http://{host}:{bound}"
    try:
        yield simulator
    finally:
        server.close()
        await simulator.stop()
        await server.wait_closed()
