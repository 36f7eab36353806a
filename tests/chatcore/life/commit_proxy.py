"""A TCP proxy before PostgreSQL that loses the answer to a COMMIT when it is told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from chatcore.db.writer import writer


class CommitProxy:
    """Passes bytes on. A COMMIT whose answer is lost reaches the server; then the line is cut."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._armed = threading.Lock()
        self._armed.acquire()
        self.lost = 0

    def lose_next_answer(self) -> None:
        """Of the next COMMIT, on whichever connection it comes."""
        self._armed.release()

    def serve(self) -> None:
        """Until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=[client], daemon=True).start()

    def close(self) -> None:
        """Take no new connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _connect(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            losing = threading.Event()
            down = threading.Thread(target=self._down, args=[server, client, losing], daemon=True)
            down.start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    if b"COMMIT" in data and self._armed.acquire(blocking=False):
                        losing.set()
                    server.sendall(data)
            _shut(server)
            down.join()

    def _down(self, server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if losing.is_set():
                    self.lost += 1
                    break
                client.sendall(data)
        _shut(client)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def commit_proxy() -> Iterator[CommitProxy]:
    """The database's connections go through the proxy during a block."""
    settings = connection.settings_dict
    direct = settings["HOST"], settings["PORT"]
    proxy = CommitProxy((str(direct[0]), int(direct[1])))
    serving = threading.Thread(target=proxy.serve, daemon=True)
    serving.start()
    _disconnect()
    settings["HOST"], settings["PORT"] = "127.0.0.1", proxy.port
    try:
        yield proxy
    finally:
        _disconnect()
        settings["HOST"], settings["PORT"] = direct
        proxy.close()
        serving.join()


def _disconnect() -> None:
    writer.close()
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
