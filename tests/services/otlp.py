"""A collector of telemetry that keeps what it was sent.

A real OTLP/HTTP receiver on a loopback port, in threads of the test's own process. `mode` says how
it takes what comes; `refuse` closes the port.
"""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Mode = Literal["ok", "hang", "429"]


class Collector:
    """What arrived, and how the next export is met."""

    def __init__(self) -> None:
        self.mode: Mode = "ok"
        self.spans: list[Span] = []
        self.services: dict[bytes, str] = {}
        """A span's id -> the service that sent it."""
        self.metrics: list[Metric] = []
        self.bodies: list[bytes] = []
        """Every body as it came, unpacked."""
        self.calls = 0
        self.news = threading.Condition()
        self.ending = threading.Event()
        self.url = ""

    def take(self, path: str, body: bytes) -> None:
        """Keep one export."""
        with self.news:
            self.bodies.append(body)
            if path == "/v1/traces":
                self._take_spans(ExportTraceServiceRequest.FromString(body))
            elif path == "/v1/metrics":
                for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                    for scope in resource.scope_metrics:
                        self.metrics.extend(scope.metrics)
            self.news.notify_all()

    def _take_spans(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            service = plain(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
                self.services.update((span.span_id, service) for span in scope.spans)

    def note_call(self) -> None:
        """Somebody has called, whatever comes of it."""
        with self.news:
            self.calls += 1
            self.news.notify_all()

    def until(self, true: Callable[[], Any], timeout_s: float = 30.0) -> Any:
        """Wait until something has arrived; gives what `true` gave."""
        deadline = time.monotonic() + timeout_s
        with self.news:
            while not (found := true()):
                left = deadline - time.monotonic()
                assert left > 0, f"not told in {timeout_s} s: {[span.name for span in self.spans]}"
                self.news.wait(left)
        return found

    def named(self, name: str) -> list[Span]:
        """The spans of one name."""
        return [span for span in self.spans if span.name == name]

    def children(self, parent: Span) -> list[Span]:
        """The spans below one, in the order in which they began."""
        below = [span for span in self.spans if span.parent_span_id == parent.span_id]
        return sorted(below, key=lambda span: (span.start_time_unix_nano, span.name))

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The newest data points of a metric, each with its attributes."""
        for metric in reversed(self.metrics):
            if metric.name == name:
                kind = metric.WhichOneof("data")
                assert kind is not None
                return [
                    (plain(point.attributes), point) for point in getattr(metric, kind).data_points
                ]
        return []


def plain(attributes: Any) -> dict[str, Any]:
    """Attributes as a dict."""
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


class _Handler(BaseHTTPRequestHandler):
    collector: Collector
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.collector.note_call()
        if self.collector.mode == "hang":
            self.collector.ending.wait()
            return
        if self.collector.mode == "429":
            self._answer(429, [("Retry-After", "1")])
            return
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.collector.take(self.path, body)
        self._answer(200, [])

    def _answer(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", "0")]:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """It keeps no log of its own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that left while it waited."""


@contextlib.contextmanager
def collector(mode: Mode = "ok") -> Iterator[Collector]:
    """A collector for the length of a block."""
    made = Collector()
    made.mode = mode
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"collector": made}))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
