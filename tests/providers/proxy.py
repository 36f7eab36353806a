"""An HTTP proxy on the loopback: it tunnels CONNECT, forwards plain requests, and knows every name.

Whatever host it is asked for, it connects to this machine, as a company's proxy alone knows which
address a name has: a test's vendor is reached by a name that is no loopback address.
"""

import asyncio
from base64 import b64encode
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Proxy:
    """What it was asked for, and how it answers."""

    def __init__(self, login: str = "") -> None:
        self.port = 0
        self.targets: list[str] = []
        """`CONNECT host:port`, or `POST http://host:port/path`, of each request."""
        self._wanted = f"Basic {b64encode(login.encode()).decode()}" if login else ""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._pass_on(reader, writer)
        writer.close()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        self.targets.append(f"{method} {target}")
        headers = {name.lower(): value for name, _, value in (ln.partition(": ") for ln in lines)}
        if self._wanted and headers.get("proxy-authorization") != self._wanted:
            writer.write(b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        port = urlsplit(target if method != "CONNECT" else f"//{target}").port
        there, away = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Go ahead\r\n\r\n")
        else:
            away.write(b"\r\n".join(_without_login(head)))
        try:
            await asyncio.gather(_pump(reader, away), _pump(there, writer))
        finally:
            away.close()


def _without_login(head: bytes) -> list[bytes]:
    return [ln for ln in head.split(b"\r\n") if not ln.lower().startswith(b"proxy-authorization")]


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()


@asynccontextmanager
async def proxy(login: str = ""):
    """A proxy that listens until the block ends; with a login, `user:password`, it asks for that."""
    one = Proxy(login)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await one.stop()
