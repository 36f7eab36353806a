"""The ASGI application: which room answers which address, and what lives as long as the process."""

import asyncio
import os
import re
from uuid import UUID

from channels.routing import URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
django_application = get_asgi_application()

# Models can be imported only now that Django is set up.
from chatcore import health, streams  # noqa: E402
from chatcore.consumers import ThreadConsumer  # noqa: E402
from chatcore.gate import Receive, Scope, Send  # noqa: E402
from chatcore.lifetime import lifetime  # noqa: E402

UUID_PATTERN = r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
ROUTES = (
    ("POST", re.compile(rf"^/api/threads/{UUID_PATTERN}/turns/$"), streams.post_turn),
    ("GET", re.compile(rf"^/api/turns/{UUID_PATTERN}/events$"), streams.get_events),
    ("POST", re.compile(rf"^/api/turns/{UUID_PATTERN}/stop/$"), streams.post_stop),
)
websockets = URLRouter([path("ws/threads/<uuid:thread_id>/", ThreadConsumer.as_asgi())])


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Every connection comes in here."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    lifetime.begin()
    if scope["type"] == "websocket":
        await _websocket(scope, receive, send)
    elif not await _plain_route(scope, receive, send):
        await django_application(scope, receive, send)


async def _plain_route(scope: Scope, receive: Receive, send: Send) -> bool:
    if scope["path"] == "/healthz":
        await health.healthz(send)
        return True
    if scope["path"] == "/readyz":
        await health.readyz(send)
        return True
    for method, pattern, answer in ROUTES:
        if scope["method"] == method and (match := pattern.match(scope["path"])):
            task = asyncio.create_task(answer(scope, receive, send, UUID(match.group(1))))
            lifetime.answering.add(task)
            try:
                await task
            finally:
                lifetime.answering.discard(task)
            return True
    return False


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
