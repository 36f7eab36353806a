"""Speaks HTTP/1.1: reads requests, and sends correct or broken replies.

By hand, over asyncio streams: a server library would refuse to send what a broken vendor
sends (a body shorter than promised, no last chunk, a reset).
"""

import asyncio
import contextlib
import socket
import struct
from email.utils import formatdate
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
"""Proxies in front of vendors also send statuses that no standard names, such as 520."""
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
Break = Literal["silence", "close", "reset"]
READ_BYTES = 64 * 1024
BEFORE_RESET_S = 0.02
"""A reset throws away what the kernel has not sent yet; this lets it go out first."""


class BadRequest(Exception):
    """The bytes are not HTTP that this server can read."""


class Request(msgspec.Struct, frozen=True):
    """One request; header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


class Connection:
    """One accepted connection, from which requests are read and to which raw bytes are written."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._read = bytearray()

    async def request(self) -> Request | None:
        """The next request; None if the peer closed between two.

        Raises BadRequest: not HTTP, too large, or a chunked body.
        """
        while (end := self._read.find(b"\r\n\r\n")) < 0:
            if len(self._read) > MAX_HEAD_BYTES:
                raise BadRequest("head too large")
            if not await self._fill():
                return None
        method, target, headers = _head(bytes(self._read[:end]))
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise BadRequest("only bodies with a Content-Length up to 32 MiB are read")
        start, stop = end + 4, end + 4 + int(length)
        while len(self._read) < stop:
            if not await self._fill():
                return None
        body = bytes(self._read[start:stop])
        del self._read[:stop]
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        return Request(method, unquote(url.path), query, headers, body)

    async def peer_left(self) -> None:
        """Wait until the peer has closed or reset; bytes that it sends meanwhile are kept."""
        while await self._fill():
            pass

    async def send(self, data: bytes) -> None:
        """Write, and wait while the peer reads too slowly."""
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def reset(self) -> None:
        """Drop the connection with a TCP reset instead of a close."""
        linger_zero = struct.pack("ii", 1, 0)
        raw = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the peer was faster
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()

    async def _fill(self) -> bool:
        try:
            data = await self._reader.read(READ_BYTES)
        except ConnectionError:
            return False
        self._read += data
        return bool(data)


class Answer:
    """One response that is being sent."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.split = 0
        """The largest number of bytes in one write of a stream; 0 for no limit."""
        self.broken = False
        """The connection cannot carry another response."""

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Send the head of a chunked response."""
        await self.connection.send(head(status, {**headers, "transfer-encoding": "chunked"}))

    async def part(self, data: bytes) -> None:
        """Send the next bytes of a chunked response."""
        size = self.split or max(1, len(data))
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            await self.connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            if self.split:
                # Let the loop turn, so that the pieces travel apart.
                await asyncio.sleep(0)

    async def end(self) -> None:
        """Send the last chunk, which ends the response properly."""
        await self.connection.send(b"0\r\n\r\n")

    async def whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send a response of known length."""
        await self.connection.send(self._sized(status, headers, body) + body)

    async def half(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send half of a response whose head promises its whole length."""
        await self.connection.send(self._sized(status, headers, body) + body[: len(body) // 2])

    def hang_up(self) -> None:
        """Close the connection without another byte."""
        self.broken = True
        self.connection.close()

    async def break_off(self, how: Break) -> None:
        """Leave the response without its end: by silence until the peer leaves, a close or a reset."""
        match how:
            case "silence":
                await asyncio.Event().wait()
            case "close":
                self.hang_up()
            case "reset":
                await asyncio.sleep(BEFORE_RESET_S)
                self.reset()

    def reset(self) -> None:
        self.broken = True
        self.connection.reset()

    @staticmethod
    def _sized(status: int, headers: dict[str, str], body: bytes) -> bytes:
        return head(status, {**headers, "content-length": str(len(body))})


def head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers, with the server's date."""
    fields = {"date": formatdate(usegmt=True), **headers}
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unnamed')}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _head(data: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = data.decode("latin-1").split("\r\n")
    try:
        method, target, version = first.split(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError(version)
        pairs = [line.split(":", 1) for line in lines]
        return method, target, {name.strip().lower(): value.strip() for name, value in pairs}
    except ValueError:
        raise BadRequest("not an HTTP request") from None
