"""Run the web process: `python -m chatcore.serve --server daphne|uvicorn --host H --port N`.

Both servers drain: on SIGTERM or SIGINT no new connection is taken, and the process waits for the
replies that are being written, as long as whoever sent the signal has patience.
"""

import argparse
import asyncio
import os

UVICORN_MESSAGE_CAP = 64 * 1024


def main() -> None:
    """Parse the command line and serve until a signal."""
    parser = argparse.ArgumentParser(prog="chatcore.serve")
    default = os.environ.get("CHATCORE_SERVER", "") or "daphne"
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default=default)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
    if options.server == "uvicorn":
        serve_with_uvicorn(options.host, options.port)
    else:
        serve_with_daphne(options.host, options.port)


def serve_with_uvicorn(host: str, port: int) -> None:
    """uvicorn tells the application of its end by its lifespan, and waits."""
    import uvicorn  # noqa: PLC0415  # one server is imported, never both

    uvicorn.run(
        "chatcore.asgi:application",
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=UVICORN_MESSAGE_CAP,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def serve_with_daphne(host: str, port: int) -> None:
    """daphne knows no lifespan: its reactor waits for us before it shuts down."""
    from daphne.server import Server  # noqa: PLC0415  # it installs Twisted's reactor on import
    from twisted.internet import reactor  # noqa: PLC0415
    from twisted.internet.defer import Deferred  # noqa: PLC0415

    from chatcore.asgi import application  # noqa: PLC0415  # after the reactor
    from chatcore.lifetime import lifetime  # noqa: PLC0415

    def drain() -> Deferred[None]:
        """Twisted waits for the Deferred of a trigger before it goes on shutting down."""
        return Deferred.fromFuture(asyncio.ensure_future(lifetime.end()))

    server = Server(
        application=application,
        endpoints=[f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"],
        signal_handlers=True,
        server_name=None,
        websocket_timeout=-1,
        ping_interval=20,
        ping_timeout=30,
    )
    reactor.addSystemEventTrigger("before", "shutdown", drain)  # type: ignore[arg-type]
    server.run()


if __name__ == "__main__":
    main()
