"""Run the web process: `python -m chatcore.serve --server daphne|uvicorn --host H --port N`.

On SIGTERM or SIGINT both servers end in the same order: the process says that it is not ready and takes
no new turn; the replies that are being written end, with the port and every connection open; then the
connections are ended, and the server stops (`chatcore.streaming.lifespan`). A second signal does not
wait for replies.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

from chatcore.machine import environment_in_use

if __name__ == "__main__":
    environment_in_use.pin()  # before anything is imported by a path that may lead elsewhere tomorrow

from chatcore.conf import listening
from chatcore.conf.environment import choice
from chatcore.machine import limits, open_files
from chatcore.replies.frames import MAX_MESSAGE_BYTES
from chatcore.start import doors
from chatcore.start.plain_errors import in_one_line

LAST_REQUESTS_S = 1
"""For connections that ask on after the drain."""
BACKLOG = 2048
"""Connections that may wait to be taken; uvicorn's own number."""


def main() -> None:
    """Parse the command line and serve until a signal."""
    parser = argparse.ArgumentParser(prog="chatcore.serve")
    servers = ("daphne", "uvicorn")
    default = choice("CHATCORE_SERVER", servers)
    parser.add_argument("--server", choices=servers, default=default)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
    listening.address = f"{options.host}:{options.port}"
    limits.allow_files()
    held = limits.bound_socket(options.host, options.port)
    with in_one_line():
        doors.run_site()
        open_files.watch()
        if options.server == "uvicorn":
            serve_with_uvicorn(held)
        else:
            serve_with_daphne(held)


def serve_with_uvicorn(held: socket.socket) -> None:
    """uvicorn tells the application of its beginning and its end by its lifespan."""
    import uvicorn  # noqa: PLC0415  # one server is imported, never both

    class DrainingServer(uvicorn.Server):
        """Closes nothing before the replies have ended."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """uvicorn's own way closes the websockets first, and raises the signal again at the end."""
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            drain_on_signal(asyncio.get_running_loop(), self.stop)

        def stop(self) -> None:
            self.should_exit = True

    config = uvicorn.Config(
        "chatcore.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        lifespan="on",
        log_level="warning",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # chatcore.streaming.client reads them, for both servers
        timeout_graceful_shutdown=LAST_REQUESTS_S,
    )
    DrainingServer(config).run(sockets=[held])


def serve_with_daphne(held: socket.socket) -> None:
    """daphne knows no lifespan: we tell the application ourselves."""
    from daphne.server import Server, twisted_loop  # noqa: PLC0415  # it installs Twisted's reactor
    from twisted.internet import reactor  # noqa: PLC0415
    from twisted.python.log import PythonLoggingObserver  # noqa: PLC0415

    from chatcore.asgi import application  # noqa: PLC0415  # after the reactor
    from chatcore.streaming.lifespan import lifetime  # noqa: PLC0415

    class DrainingServer(Server):  # type: ignore[misc]  # daphne ships no types
        """Ends its applications last, when there is nothing left to do for them."""

        def listen_success(self, port: Any) -> None:
            super().listen_success(port)
            self._open_port = port
            twisted_loop.call_soon(self._begin)

        def _begin(self) -> None:
            lifetime.begin()
            drain_on_signal(twisted_loop, lambda: twisted_loop.create_task(self._end()))

        async def _end(self) -> None:
            self._open_port.stopListening()
            try:
                await lifetime.end()
            finally:
                reactor.stop()  # type: ignore[misc]  # Twisted types it as an interface

        def kill_all_applications(self) -> None:
            """daphne's own stumbles over a connection that has no application any more."""
            for details in self.connections.values():
                if application := details.get("application_instance"):
                    application.cancel()

    held.listen(BACKLOG)
    PythonLoggingObserver("twisted").start()  # type: ignore[no-untyped-call]
    DrainingServer(
        application=application,
        endpoints=[f"fd:fileno={held.detach()}"],  # daphne closes it when it ends
        signal_handlers=False,
        server_name=None,
        websocket_timeout=-1,
        ping_interval=20,
        ping_timeout=30,
    ).run()


def drain_on_signal(loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> None:
    """From now on a signal drains the process, and then calls `stop`."""
    from chatcore.streaming.lifespan import PATIENCE, lifetime  # noqa: PLC0415  # Django is set up now

    async def drain(number: signal.Signals) -> None:
        try:
            await lifetime.drain(PATIENCE[number])
        finally:
            stop()

    draining: list[asyncio.Task[None]] = []

    def hear(number: signal.Signals) -> None:
        if draining:
            lifetime.hurry()
        else:
            draining.append(loop.create_task(drain(number)))

    for number in PATIENCE:
        loop.add_signal_handler(number, hear, number)


if __name__ == "__main__":
    main()
