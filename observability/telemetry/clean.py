"""What of a span may leave the house? Only what is named here.

Libraries put more on a span with each version, and the text of an exception can hold anything: so
what leaves is a list of what is known to be harmless, and all else stays.
"""

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

OUR_OWN = ("chatcore.",)
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
        "gen_ai.conversation.id",
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.max_tokens",
        "gen_ai.request.model",
        "gen_ai.request.stream",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.model",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.reasoning.output_tokens",
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
    """The same span with what may leave."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span),
        events=[_bare(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(span: ReadableSpan) -> dict[str, AttributeValue]:
    return {
        key: value[:LONGEST] if isinstance(value, str) else value
        for key, value in (span.attributes or {}).items()
        if key in ALLOWED or key.startswith(OUR_OWN)
    }


def _bare(event: Event) -> Event:
    """That something happened, and of which type; not what it said."""
    kind = (event.attributes or {}).get("exception.type")
    kept = {"exception.type": kind} if kind else {}
    return Event(event.name, attributes=kept, timestamp=event.timestamp)
