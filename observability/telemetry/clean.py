"""Removes from a library's span every attribute that is not on the list of harmless ones.

Libraries put more on a span with each version, and the text of an exception can hold anything: so
what leaves is a list of what is known to be harmless, and all else stays. Our own spans are made of
such things only, and leave as they are.
"""

from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, Status
from opentelemetry.util.types import AttributeValue

OURS = ("chatcore", "observability.")
"""The scopes of our own spans."""
ALLOWED = frozenset(
    {
        "celery.action",
        "celery.retries",
        "celery.state",
        "celery.task_name",
        "db.namespace",
        "db.operation.name",
        "db.query.text",
        "db.redis.args_length",
        "db.redis.pipeline_length",
        "db.system",
        "db.system.name",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.message.id",
        "network.protocol.version",
        "server.port",
        "url.scheme",
    }
)
LONGEST = 1000
"""Characters of a statement."""


def cleaned(span: ReadableSpan) -> ReadableSpan:
    """The same span, without what may not be exported."""
    if span.instrumentation_scope and span.instrumentation_scope.name.startswith(OURS):
        return span
    return ReadableSpan(
        name=span.name,
        context=_stateless(span.context),
        parent=_stateless(span.parent),
        resource=span.resource,
        attributes=_allowed(span),
        events=[_bare(event) for event in span.events],
        links=[Link(_stateless(link.context)) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(span: ReadableSpan) -> dict[str, AttributeValue]:
    attributes: Any = span.attributes
    return {
        key: value[:LONGEST] if isinstance(value, str) else value
        # A copy at once: one by one, each costs a lock.
        for key, value in (attributes.copy() if attributes else {}).items()
        if key in ALLOWED
    }


def _stateless(context: SpanContext | None) -> Any:
    """Without the trace state, which is somebody's text."""
    if context is None or not context.trace_state:
        return context
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


def _bare(event: Event) -> Event:
    """An event with its exception's type, without its message."""
    kind = (event.attributes or {}).get("exception.type")
    kept = {"exception.type": kind} if kind else {}
    return Event(event.name, attributes=kept, timestamp=event.timestamp)
