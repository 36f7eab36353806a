"""Exports spans and metrics from threads of their own, with bounded queues and short deadlines.

A collector that is dead, slow or full costs telemetry, not replies: a queue that is full drops, an
export has a short deadline, and the end of the process waits for one second at most.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.conf import settings
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
    SpanExportResult,
)

from observability.telemetry import rate_limited_logging
from observability.telemetry.clean import cleaned
from observability.telemetry.sampling import WithoutOrphans
from observability.telemetry.views import VIEWS

EXPORT_S = 5.0
"""An export's deadline, its repetitions included."""
LAST_FLUSH_S = 1.0
"""How long the end of the process waits for what has not left yet."""
SPANS_EVERY_MS = 1_000
METRICS_EVERY_MS = 15_000
QUEUE, BATCH = 4096, 128
"""Spans that wait at most; spans that are encoded at a time, which holds Python's one lock."""

_open: list[TracerProvider | MeterProvider] = []


class _Spans(SpanExporter):
    """Cleans the spans before they are exported; exports nothing from a forked child."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._process = os.getpid()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if os.getpid() != self._process:
            return SpanExportResult.SUCCESS
        return self._exporter.export([cleaned(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Metrics(MetricExporter):
    """Exports metrics, whose attributes are our own or bounded by views; nothing from a forked child."""

    def __init__(self, exporter: MetricExporter) -> None:
        super().__init__()
        self._exporter = exporter
        self._process = os.getpid()

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        if os.getpid() != self._process:
            return MetricExportResult.SUCCESS
        return self._exporter.export(metrics_data, timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self._exporter.shutdown(timeout_millis, **kwargs)


def start(role: str) -> None:
    """Start exporting, once in a process; `role` is web, worker or command."""
    if _open:
        return
    rate_limited_logging.install()
    resource = _resource(role)
    spans, figures = _exporters()
    traces = TracerProvider(resource=resource, sampler=WithoutOrphans(), shutdown_on_exit=False)
    traces.add_span_processor(
        BatchSpanProcessor(
            _Spans(spans),
            max_queue_size=QUEUE,
            schedule_delay_millis=SPANS_EVERY_MS,
            max_export_batch_size=BATCH,
        )
    )
    reader = PeriodicExportingMetricReader(
        _Metrics(figures), export_interval_millis=METRICS_EVERY_MS
    )
    meters = MeterProvider([reader], resource=resource, views=VIEWS, shutdown_on_exit=False)
    _open.extend([traces, meters])
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(meters)


def stop() -> None:
    """Flush for one second at most; what was not exported by then is lost."""
    deadline = time.monotonic() + LAST_FLUSH_S
    ending = [threading.Thread(target=one.shutdown, daemon=True) for one in _open]
    _open.clear()
    for thread in ending:
        thread.start()
    for thread in ending:
        thread.join(max(0.0, deadline - time.monotonic()))


def _resource(role: str) -> Resource:
    """The resource of this process. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES may say otherwise."""
    ours: dict[str, str | int] = {
        "service.name": os.environ.get("OTEL_SERVICE_NAME") or f"chatcore-{role}",
        "service.namespace": "chatcore",
        "service.instance.id": str(uuid4()),
        "host.name": socket.gethostname(),
        "process.pid": os.getpid(),
    }
    return Resource.create({**ours})


def _exporters() -> tuple[SpanExporter, MetricExporter]:
    endpoint = settings.OTLP_ENDPOINT
    if not endpoint:
        return (
            ConsoleSpanExporter(
                out=sys.stderr, formatter=lambda span: f"{span.to_json(indent=None)}\n"
            ),
            ConsoleMetricExporter(
                out=sys.stderr, formatter=lambda data: f"{data.to_json(indent=None)}\n"
            ),
        )
    return (
        OTLPSpanExporter(
            endpoint=f"{endpoint}/v1/traces", timeout=EXPORT_S, compression=Compression.Gzip
        ),
        OTLPMetricExporter(
            endpoint=f"{endpoint}/v1/metrics", timeout=EXPORT_S, compression=Compression.Gzip
        ),
    )
