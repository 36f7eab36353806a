"""Samples every trace, except client calls without a parent, such as a poll of the database."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    DEFAULT_ON,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes


class WithoutOrphans(Sampler):
    """Samples as the parent was sampled; without a parent everything but a client's calls.

    The heartbeat, the worker's polling and the health checks query the database all the time: each such
    query would be a trace of its own that says nothing.
    """

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        has_parent = get_current_span(parent_context).get_span_context().is_valid
        chosen = ALWAYS_OFF if kind is SpanKind.CLIENT and not has_parent else DEFAULT_ON
        return chosen.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return "WithoutOrphans"
