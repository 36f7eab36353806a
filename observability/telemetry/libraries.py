"""Instruments the libraries: Django, Channels, Celery, Redis and psycopg.

No statement's parameters, no header, no stored value: what an instrumentation would say beyond that
is taken out by `observability.telemetry.clean`.
"""

import os
import re
from typing import Any

from django_opentelemetry.contrib.channels import OpenTelemetryMiddleware
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor

from observability.telemetry import remote

EXCLUDED = "/healthz,/readyz,/static/"
"""Addresses of no interest, as the instrumentations take them."""
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SOCKET = re.compile(r"/ws/threads/[^/]+/")


def instrument() -> None:
    """Instrument them, with the stable names of the semantic conventions."""
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
    remote.install()
    DjangoInstrumentor().instrument(excluded_urls=EXCLUDED)
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    RedisInstrumentor().instrument()
    PsycopgInstrumentor().instrument()


def watch(application: Any) -> Any:
    """An ASGI application whose connections each have a span, and its messages none."""

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, scope.pop("bare_send", send))

    watched = OpenTelemetryMiddleware(
        inside,
        excluded_urls=EXCLUDED,
        default_span_details=_name,
        exclude_spans=["receive", "send"],
    )

    async def outside(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            scope["bare_send"] = send  # the middleware's would note a status with every frame
        await watched(scope, receive, send)

    return outside


def _name(scope: Any) -> tuple[str, dict[str, str]]:
    """A span's name and attributes: the route, without the ids in its path."""
    path = str(scope.get("path", ""))
    if scope["type"] == "websocket":
        route = _ID.sub("{id}", path) if _SOCKET.fullmatch(path) else "nowhere"
        return f"websocket {route}", {"http.route": route}
    route = _ID.sub("{id}", path)
    return f"{scope['method']} {route}", {"http.route": route}
