"""A TCP proxy on loopback that cuts websockets when it is told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class CuttingProxy:
    """Passes bytes on. A websocket is cut after so many bytes from the server, once each order, or in
    its next `done` frame if that comes sooner.
    """

    def __init__(self, target: str) -> None:
        self._target = (urlsplit(target).hostname, urlsplit(target).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._orders: list[int] = []
        self._open: set[socket.socket] = set()
        self._refusing = False
        self.cuts = 0

    def cut_after(self, size: int) -> None:
        """Cut one websocket when this many more bytes have come from the server, or a `done`."""
        with self._lock:
            self._orders.append(size)

    def refuse(self, refusing: bool) -> None:
        """Whether to end every connection, old and new, at once."""
        self._refusing = refusing
        if refusing:
            for end in list(self._open):
                _shut(end)

    def serve(self) -> None:
        """Until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=[client], daemon=True).start()

    def close(self) -> None:
        _shut(self._listener)
        self._listener.close()
        self.refuse(True)

    def _connect(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            if self._refusing:
                return
            with socket.create_connection(self._target) as server:
                self._open |= {client, server}
                first = client.recv(65536)
                server.sendall(first)
                is_websocket = b"upgrade: websocket" in first.lower()
                threading.Thread(target=self._up, args=[client, server], daemon=True).start()
                self._down(server, client, is_websocket)
                self._open -= {client, server}

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        _shut(server)

    def _down(self, server: socket.socket, client: socket.socket, is_websocket: bool) -> None:
        while data := server.recv(65536):
            rest = self._due(data) if is_websocket else None
            if rest is not None:
                client.sendall(data[:rest])
                self.cuts += 1
                break
            client.sendall(data)
        _shut(client)
        _shut(server)

    def _due(self, data: bytes) -> int | None:
        """How many of the next bytes still pass before a cut; None if none is due within them."""
        with self._lock:
            if not self._orders:
                return None
            # Frames may come joined, and a reply take fewer bytes than it might: its end at latest.
            end = data.find(b'"type":"done"')
            if self._orders[0] > len(data) and end < 0:
                self._orders[0] -= len(data)
                return None
            order = self._orders.pop(0)
            return order if end < 0 else min(order, end)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(target: str) -> Iterator[CuttingProxy]:
    """A running proxy."""
    proxy = CuttingProxy(target)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
