"""Opens and ends a turn's span, in a trace of its own: it outlives the socket that asked for it.

Only OpenTelemetry's API is used here: it does nothing, and costs nothing, unless observability has
set an SDK up. Observability also gives the span its attributes and children, and ends it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context

_tracer = trace.get_tracer("chatcore")


@contextmanager
def turn_span() -> Iterator[None]:
    """Open a turn's root span, linked to the span of whoever asks, as the current one of a block.

    It stays open after the block, for the task that was begun there; a block that raises ends it.
    """
    asked_in = trace.get_current_span().get_span_context()
    links = [trace.Link(asked_in)] if asked_in.is_valid else []
    span = _tracer.start_span("turn", context=Context(), links=links)
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except BaseException:
            end_turn_span("refused")
            raise


def end_turn_span(status: str) -> None:
    """End the current turn's span, unless whoever listens has done so: it knows more of it."""
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attribute("chatcore.turn.status", status)
        span.end()
