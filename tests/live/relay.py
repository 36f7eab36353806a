"""A TCP relay between a client and the site, that cuts connections after so many bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Relay:
    """Passes bytes on; `cut_after` limits what one connection may bring back."""

    def __init__(self) -> None:
        self.url = ""
        self.cut_after: int | None = None
        self.cuts = 0

    async def serve(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        parts = urlsplit(target)
        up_reader, up_writer = await asyncio.open_connection(parts.hostname, parts.port)
        back = asyncio.create_task(self._back(up_reader, writer))
        forth = asyncio.create_task(_copy(reader, up_writer))
        await asyncio.wait({back, forth}, return_when=asyncio.FIRST_COMPLETED)
        for task in (back, forth):
            task.cancel()
        for end in (writer, up_writer):
            end.transport.abort()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.cut_after
        self.cut_after = None
        while data := await reader.read(4096):
            if left is not None:
                data, left = data[:left], left - len(data)
            writer.write(data)
            await writer.drain()
            if left is not None and left <= 0:
                self.cuts += 1
                return


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def relay_to(target: str) -> AsyncIterator[Relay]:
    """A relay in front of a web process."""
    relay = Relay()
    server = await asyncio.start_server(
        lambda reader, writer: relay.serve(target, reader, writer), "127.0.0.1", 0
    )
    relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield relay
