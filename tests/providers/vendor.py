"""A vendor on the loopback: real sockets, exact bytes, and every way to break.

It answers each request by the script it was given, a list of steps: bytes are sent as they are, a number
is a silence in seconds, and the words below do the rest.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

Word = Literal["hang", "drip", "cut", "reset"]
Step = bytes | float | Word

HANG: Word = "hang"
"""Say nothing more until the caller leaves."""
DRIP: Word = "drip"
"""Send a comment line every 20 ms until the caller leaves."""
CUT: Word = "cut"
"""Close the connection here."""
RESET: Word = "reset"
"""Close it with a RST."""


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Vendor:
    """What it says, and what it saw."""

    script: Sequence[Step] = ()
    plans: list[Sequence[Step]] = field(default_factory=list)
    """Scripts for the next requests, one each; then `script` serves again."""
    port: int = 0
    connections: int = 0
    asked: list[Asked] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """A request came."""
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """The caller closed the connection in the middle of a reply."""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close_all(self) -> None:
        """Close every connection, as a vendor does that restarts."""
        for writer in self._open:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        self.asked.append(Asked(method, path, headers, body))
        self.arrived.set()
        for step in self.plans.pop(0) if self.plans else self.script:
            if not await self._do(step, reader, writer):
                return False
        return True

    async def _do(
        self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
            return True
        if isinstance(step, float):
            await asyncio.sleep(step)
            return True
        if step == "hang":
            await reader.read()
            self.left.set()
        elif step == "drip":
            while True:
                writer.write(chunk(b": keep-alive\n\n"))
                await writer.drain()
                await asyncio.sleep(0.02)
        elif step == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        return False


@asynccontextmanager
async def vendor(script: Sequence[Step] = (), tls: ssl.SSLContext | None = None):
    """A vendor that listens until the block ends."""
    one = Vendor(script)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await one.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def head(status: int = 200, content_type: str = "text/event-stream", **headers: str) -> bytes:
    """A status line and headers; the body follows in chunks."""
    fields = {"content-type": content_type, "transfer-encoding": "chunked"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode()


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b"0\r\n\r\n"


def reply(body: bytes, status: int = 200, *, size: int | None = None, **headers: str) -> list[Step]:
    """A whole reply, its body in HTTP chunks of `size` bytes."""
    step = size or max(1, len(body))
    chunks = b"".join(chunk(body[at : at + step]) for at in range(0, len(body), step))
    return [head(status, **headers), chunks + END]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
