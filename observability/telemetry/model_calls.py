"""The span and metrics of a provider call, by OpenTelemetry's GenAI conventions.

https://github.com/open-telemetry/semantic-conventions-genai. The metrics' instruments are those of
opentelemetry-util-genai. Its handler makes spans that begin and end when it is called, while these
calls are reported when they are over: so the span is made here (docs/adr/0013).
"""

from functools import cache
from uuid import UUID

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as names
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import HTTP_RESPONSE_STATUS_CODE
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.util.genai._instruments import _Instruments as Instruments
from opentelemetry.util.types import AttributeValue

from routing.route import Attempt

OPERATION = names.GenAiOperationNameValues.CHAT.value
PROVIDERS = {
    "gemini": names.GenAiProviderNameValues.GCP_GEMINI.value,
    "kimi": "moonshot_ai",
}
"""The conventions' names where they are not ours."""
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
FINISHED = frozenset({"ok", "failed", "cut"})
"""Calls whose length says something of the provider; others were ended by us."""
_tracer = trace.get_tracer(__name__)


@cache
def _instruments() -> Instruments:
    return Instruments(metrics.get_meter(__name__))


def emit(
    attempt: Attempt, *, thread_id: UUID | None, inside: Context, start_ns: int, end_ns: int
) -> None:
    """Emit one call's span, inside its attempt's, and its metrics; times in nanoseconds since the epoch."""
    common = _common(attempt)
    _emit_span(attempt, common, thread_id, inside, start_ns, end_ns)
    if attempt.status in FINISHED:
        _count(attempt, common, inside)


def _emit_span(
    attempt: Attempt,
    common: dict[str, AttributeValue],
    thread_id: UUID | None,
    inside: Context,
    start_ns: int,
    end_ns: int,
) -> None:
    usage = attempt.usage
    first_ms = _first_chunk_ms(attempt)
    about: dict[str, AttributeValue | None] = {
        **common,
        # Only here: a vendor may answer with any name, and each would be a metric's series for ever.
        names.GEN_AI_RESPONSE_MODEL: attempt.model_answered[:120] or None,
        names.GEN_AI_REQUEST_STREAM: True,
        names.GEN_AI_CONVERSATION_ID: str(thread_id) if thread_id else None,
        names.GEN_AI_RESPONSE_FINISH_REASONS: [attempt.finish_reason]
        if attempt.finish_reason
        else None,
        names.GEN_AI_USAGE_INPUT_TOKENS: usage.input_tokens,
        names.GEN_AI_USAGE_OUTPUT_TOKENS: usage.output_tokens,
        names.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: usage.cache_read_tokens,
        CACHE_WRITE_TOKENS: usage.cache_write_tokens,
        names.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: usage.reasoning_tokens,
        names.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK: None if first_ms is None else first_ms / 1000,
        HTTP_RESPONSE_STATUS_CODE: attempt.http_status,
    }
    span = _tracer.start_span(
        f"{OPERATION} {_requested_model(attempt)}",
        context=inside,
        kind=SpanKind.CLIENT,
        start_time=start_ns,
        attributes={key: value for key, value in about.items() if value is not None},
    )
    if attempt.error:
        span.set_status(Status(StatusCode.ERROR))
    span.end(end_ns)


def _count(attempt: Attempt, common: dict[str, AttributeValue], inside: Context) -> None:
    instruments, ended_ms = _instruments(), attempt.ended_ms or attempt.started_ms
    instruments.operation_duration.record((ended_ms - attempt.started_ms) / 1000, common, inside)
    first_ms = _first_chunk_ms(attempt)
    if first_ms is not None:
        instruments.time_to_first_chunk.record(first_ms / 1000, common, inside)
    if attempt.first_token_ms is not None and attempt.reply_chunks > 1:
        # The mean of a call's gaps, once: a clock for every piece would cost more than it tells.
        gaps_s = (ended_ms - attempt.first_token_ms) / 1000
        instruments.time_per_output_chunk.record(
            gaps_s / (attempt.reply_chunks - 1), common, inside
        )
    if attempt.usage_source != "reported":
        return  # the conventions want no guess: "MUST NOT" where the count is not known
    for kind, tokens in (
        ("input", attempt.usage.input_tokens),
        ("output", attempt.usage.output_tokens),
    ):
        if tokens is not None:
            instruments.token_usage.record(
                tokens, {**common, names.GEN_AI_TOKEN_TYPE: kind}, inside
            )


def _first_chunk_ms(attempt: Attempt) -> int | None:
    if attempt.first_token_ms is None:
        return None
    return attempt.first_token_ms - attempt.started_ms


def _requested_model(attempt: Attempt) -> str:
    return attempt.deployment.partition("/")[2]


def _common(attempt: Attempt) -> dict[str, AttributeValue]:
    """What span and metrics share; bounded by what staff have set up."""
    about: dict[str, AttributeValue] = {
        names.GEN_AI_OPERATION_NAME: OPERATION,
        names.GEN_AI_PROVIDER_NAME: PROVIDERS.get(attempt.provider, attempt.provider),
        names.GEN_AI_REQUEST_MODEL: _requested_model(attempt),
    }
    if attempt.error:
        about[ERROR_TYPE] = attempt.error
    return about
