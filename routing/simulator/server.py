"""The server: reads a request, decides how it is to be answered, and has that done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from time import time

from routing.simulator.behaviours import REFUSES_A_FIELD, Behaviour, Unreadable
from routing.simulator.calls import Call
from routing.simulator.control import control
from routing.simulator.dialect import (
    NO_KEY,
    Dialect,
    ErrorReply,
    Json,
    Unusable,
    body_of,
    leaking,
)
from routing.simulator.http import Answer, BadRequest, Connection, Request
from routing.simulator.log import CallLog, Entry
from routing.simulator.outages import Outages
from routing.simulator.player import list_models, play, refuse
from routing.simulator.prepared import Prepared, PreparedReplies, send_prepared
from routing.simulator.vendors import (
    VENDORS,
    Vendor,
    lists_models,
    models_of,
    other_path,
    vendor_of,
)

BAD_KEY = "bad-key"
UNKNOWN = Call(model="", messages=())


class Simulator:
    """A running simulator, with its log, outages and prepared replies."""

    def __init__(self) -> None:
        self.url = ""
        self._log = CallLog()
        self._outages = Outages()
        self._prepared = PreparedReplies()
        self._connections: set[asyncio.Task[None]] = set()
        self._serving = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def log(self) -> list[Entry]:
        """Every request since the start or the last `forget`, oldest first; running ones still grow.

        Calls are those whose `method` is POST.
        """
        return self._log.entries()

    @property
    def outages(self) -> dict[str, str]:
        """The behaviour of each vendor (`openai`) or key (`openai/2222`) that is out."""
        return self._outages.listed()

    @property
    def replies(self) -> list[Prepared]:
        """The prepared replies that have not been given yet."""
        return self._prepared.listed()

    def base_url(self, vendor: Vendor) -> str:
        """The vendor's base URL with its version path, as a provider's settings want it."""
        return f"{self.url}/{vendor}/{'v1beta' if vendor == 'gemini' else 'v1'}"

    def outage(self, vendor: Vendor, behaviour: str | None, key: str = "") -> None:
        """Give a whole vendor one behaviour (`503`, `stall-after3`), or None to end that.

        With `key`, only requests whose key ends in these characters. Raises Unreadable: the grammar
        has no such behaviour.
        """
        self._outages.give(vendor, behaviour, key)

    def reply(self, prepared: Prepared) -> None:
        """Answer the vendor's next calls with this reply. Several are given in their order."""
        self._prepared.add(prepared)

    def forget_replies(self) -> None:
        """Drop the prepared replies."""
        self._prepared.clear()

    def forget(self) -> None:
        """Empty the log, drop prepared replies, count flaky calls anew; outages stay."""
        self._log.clear()
        self._prepared.clear()
        self._outages.count_anew()

    async def settled(self) -> None:
        """Wait until no call is being served, so that every entry of the log is complete."""
        await self._idle.wait()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of a peer that has connected, until one of the two leaves."""
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
        """Answer one request; returns whether the connection can carry another."""
        answer = Answer(connection)
        vendor = vendor_of(request.path)
        if vendor is None:
            await control(self, request, answer)
            return request.keeps_alive
        dialect = VENDORS[vendor]
        entry = self._log.open(vendor, request.method, request.path, dialect.key(request))
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
            if prepared := self._take_prepared(dialect, request, entry):
                await send_prepared(answer, prepared, entry.served)
            else:
                await self._perform(answer, dialect, request, entry)
        finally:
            entry.done_at = time()
            self._serving -= 1
            if not self._serving:
                self._idle.set()

    def _take_prepared(self, dialect: Dialect, request: Request, entry: Entry) -> Prepared | None:
        """The prepared reply for this call, which comes before every check of key and body."""
        if lists_models(dialect.vendor, request) or other_path(dialect.vendor, request):
            return None
        body: Json = {}
        call = UNKNOWN
        with contextlib.suppress(Unusable):
            body = body_of(request)
            call = dialect.call(request)
        prepared = self._prepared.take(dialect.vendor, dialect.key(request), body, call)
        if prepared is not None:
            _note(entry, call, "prepared")
        return prepared

    async def _perform(
        self, answer: Answer, dialect: Dialect, request: Request, entry: Entry
    ) -> None:
        call, chosen = self._choose(dialect, request)
        if isinstance(chosen, ErrorReply):
            _note(entry, call, str(chosen.status))
            await refuse(answer, dialect, chosen, call.stream, entry.served)
            return
        _note(entry, call, chosen.label)
        if lists_models(dialect.vendor, request):
            models = models_of(dialect.vendor)
            await list_models(answer, dialect, call, chosen, models, entry.served)
            return
        answer.split = chosen.split
        await play(answer, dialect, call, chosen, entry.served)

    def _choose(self, dialect: Dialect, request: Request) -> tuple[Call, Behaviour | ErrorReply]:
        """The call, and how it is answered: by its key, else its body, else the model's name."""
        key = dialect.key(request)
        if not key or key == BAD_KEY:
            return UNKNOWN, dialect.error(UNKNOWN, NO_KEY if not key else Behaviour(name="401"))
        listing = lists_models(dialect.vendor, request)
        if not listing and (fixed := other_path(dialect.vendor, request)) is not None:
            return UNKNOWN, fixed
        try:
            call = UNKNOWN if listing else dialect.call(request)
            behaviour = self._outages.behaviour(dialect.vendor, key, call.model)
        except (Unusable, Unreadable) as error:
            return UNKNOWN, dialect.invalid(str(error), getattr(error, "param", None))
        if behaviour.name in dialect.lacks or behaviour.label in dialect.lacks:
            return call, dialect.invalid(f"{dialect.vendor} has no behaviour {behaviour.label!r}")
        if behaviour.kind in REFUSES_A_FIELD and behaviour.kind not in call.fields:
            return call, Behaviour(pace_ms=behaviour.pace_ms, tokens=behaviour.tokens)
        if behaviour.leaks:
            return call, leaking(dialect.error(call, behaviour), key, call.prompt)
        return call, behaviour


def _note(entry: Entry, call: Call, behaviour: str) -> None:
    entry.model, entry.stream, entry.behaviour = call.model, call.stream, behaviour
    entry.messages, entry.prompt_tokens = len(call.messages), call.input_tokens


@contextlib.asynccontextmanager
async def serve(port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[Simulator]:
    """Run a simulator in this process and loop; port 0 takes a free one."""
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
