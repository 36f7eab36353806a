"""A small reverse proxy in front of a web process, as nginx may be set up: well or badly."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.services.ports import free_port

CALLED_FROM = "198.51.100.7"
"""Whom the proxy says it was called from."""


class Proxy:
    """Ends https by its own word, and appends to X-Forwarded-For."""

    def __init__(self, target: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.host = ""
        """What it makes of the Host header; "" passes on the one that it got."""
        self._target = urlsplit(target)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        up_reader, up_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        up_writer.write(self._rewritten(head))
        both = [
            asyncio.create_task(_copy(reader, up_writer)),
            asyncio.create_task(_copy(up_reader, writer)),
        ]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for end in (writer, up_writer):
            end.close()

    def _rewritten(self, head: bytes) -> bytes:
        request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = [line.split(": ", 1) for line in lines]
        forwarded = [value for name, value in headers if name.lower() == "x-forwarded-for"]
        kept = [
            (name, self.host if name.lower() == "host" and self.host else value)
            for name, value in headers
            if name.lower() not in {"x-forwarded-for", "x-forwarded-proto"}
        ]
        if not any(name.lower() == "upgrade" for name, _ in kept):
            kept = [pair for pair in kept if pair[0].lower() != "connection"]
            kept.append(("Connection", "close"))  # one request a connection: only its head is read
        kept.append(("X-Forwarded-For", ", ".join([*forwarded, CALLED_FROM])))
        kept.append(("X-Forwarded-Proto", "https"))
        said = [request, *(f"{name}: {value}" for name, value in kept)]
        return ("\r\n".join(said) + "\r\n\r\n").encode("latin-1")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextmanager
def proxy_to(target: str) -> Iterator[Proxy]:
    """The proxy, in a thread of its own, while the block lasts."""
    proxy, loop = Proxy(target), asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(proxy.serve, "127.0.0.1", proxy.port)  # its connections: in the thread
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
