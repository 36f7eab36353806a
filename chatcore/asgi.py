"""The ASGI application: which address is answered by what, and what lives as long as the process."""

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from channels.routing import URLRouter
from django.apps import apps
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
django_application = get_asgi_application()

# Models can be imported only now that Django is set up.
from chatcore import health  # noqa: E402
from chatcore.streaming import sse as streams  # noqa: E402
from chatcore.streaming.asgi_http import Receive, Scope, Send, as_told, send_error  # noqa: E402
from chatcore.streaming.client import client_of  # noqa: E402
from chatcore.streaming.lifespan import lifetime  # noqa: E402
from chatcore.streaming.websocket import ThreadConsumer  # noqa: E402

UUID_PATTERN = r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
ROUTES = (
    ("POST", re.compile(rf"^/api/threads/{UUID_PATTERN}/turns/$"), streams.post_turn),
    ("GET", re.compile(rf"^/api/turns/{UUID_PATTERN}/events$"), streams.get_events),
    ("POST", re.compile(rf"^/api/turns/{UUID_PATTERN}/stop/$"), streams.post_stop),
)
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


websockets = URLRouter([path("ws/threads/<uuid:thread_id>/", ThreadConsumer.as_asgi())])


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Every connection comes in here."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    lifetime.begin()
    scope["client"] = client_of(scope)
    if scope["type"] == "websocket":
        await watched_websocket(scope, receive, send)
    elif scope["path"] == "/healthz":
        await health.healthz(send)
    elif scope["path"] == "/readyz":
        await health.readyz(send)
    else:
        with lifetime.answering():
            await _http(scope, receive, send)


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    for method, pattern, answer in ROUTES:
        if scope["method"] == method and (match := pattern.match(scope["path"])):
            scope["plain_route"] = answer, UUID(match.group(1))
            await watched_answer(scope, receive, send)
            return
    await django_application(scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    """The plain route that was found, for the row that it names."""
    answer, row = scope["plain_route"]
    begun = False

    async def noted(event: Mapping[str, Any]) -> None:
        nonlocal begun
        begun = True
        await send(event)

    try:
        await answer(scope, receive, noted, row)
    except Exception as error:
        if begun:
            raise
        await send_error(send, as_told(error))


async def _websocket(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await websockets(scope, receive, send)
    except ValueError:  # URLRouter's word for an address that is nobody's
        await send({"type": "websocket.close", "code": 4404})


async def _lifespan(receive: Receive, send: Send) -> None:
    """Servers that know of lifespans (uvicorn) tell us the beginning and wait for the end."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            lifetime.begin()
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await lifetime.end()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _watched(application: Application) -> Application:
    """As installed apps want it: Django's own middleware sees neither sockets nor plain routes."""
    for config in apps.get_app_configs():
        if watch := getattr(config, "watch_asgi", None):
            application = watch(application)
    return application


watched_answer, watched_websocket = _watched(_answer), _watched(_websocket)
