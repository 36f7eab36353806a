"""Run the web process: `python -m chatcore.serve --server daphne|uvicorn --host H --port N`.

Both servers drain: on SIGTERM or SIGINT no new connection is taken, and the process waits for the
replies that are being written, as long as whoever sent the signal has patience.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import socket
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

logger = logging.getLogger(__name__)
DRAIN_S = 25
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
    """uvicorn tells the application of its end by its lifespan, and waits."""
    import uvicorn  # noqa: PLC0415  # one server is imported, never both

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
        timeout_graceful_shutdown=DRAIN_S,
    )
    with contextlib.suppress(KeyboardInterrupt):  # it raises the signal again once it has ended
        uvicorn.Server(config).run(sockets=[held])


def serve_with_daphne(held: socket.socket) -> None:
    """daphne knows no lifespan: before it ends its applications, it waits for us."""
    from daphne.server import Server  # noqa: PLC0415  # it installs Twisted's reactor on import
    from django.conf import settings  # noqa: PLC0415
    from twisted.internet.defer import Deferred  # noqa: PLC0415
    from twisted.python.failure import Failure  # noqa: PLC0415
    from twisted.python.log import PythonLoggingObserver  # noqa: PLC0415

    from chatcore.asgi import application  # noqa: PLC0415  # after the reactor
    from chatcore.streaming.lifespan import lifetime  # noqa: PLC0415

    def say(failure: Failure) -> None:
        logger.error("The replies were not drained", exc_info=failure.value)

    class DrainingServer(Server):  # type: ignore[misc]  # daphne ships no types
        """Stops listening, lets the replies end, and only then ends the connections."""

        def listen_success(self, port: Any) -> None:
            super().listen_success(port)
            self._open_port = port

        def kill_all_applications(self) -> Deferred[Any]:
            self._open_port.stopListening()
            drained = Deferred.fromFuture(asyncio.ensure_future(lifetime.end()))
            drained.addErrback(say)
            return drained.addCallback(lambda _: Server.kill_all_applications(self))

    held.listen(BACKLOG)
    PythonLoggingObserver("twisted").start()  # type: ignore[no-untyped-call]
    DrainingServer(
        application=application,
        endpoints=[f"fd:fileno={held.detach()}"],  # daphne closes it when it ends
        signal_handlers=True,
        server_name=None,
        # Behind https there is a proxy; who is counted for failed sign-ins is whom it names.
        proxy_forwarded_address_header="X-Forwarded-For" if settings.HTTPS else None,
        websocket_timeout=-1,
        ping_interval=20,
        ping_timeout=30,
    ).run()


if __name__ == "__main__":
    main()
