"""Takes a trace's context from our own jobs only, never from a request.

Anybody may call a public site and send `traceparent` and `tracestate` along: they would decide what
is sampled, and their text would reach the collector.
"""

from opentelemetry.context import Context
from opentelemetry.instrumentation.celery import CeleryGetter
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.textmap import CarrierT, Getter, default_getter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


class FromJobsOnly(TraceContextTextMapPropagator):
    """Extracts a context from a job's message, which is the site's own, and from nothing else."""

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        is_job = isinstance(getter, CeleryGetter)
        if is_job:
            return super().extract(carrier, context, getter)
        return Context() if context is None else context


def install() -> None:
    """Use this propagator in this process from now on."""
    set_global_textmap(FromJobsOnly())
