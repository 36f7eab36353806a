"""How does Perplexity speak? Its Agent API at https://api.perplexity.ai/v1."""

from typing import Any

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Reply, Said
from routing.simulator.dialect import (
    ErrorReply,
    Json,
    Unusable,
    bearer,
    body_of,
    cap_of,
    delay_headers,
    text_of,
)
from routing.simulator.http import Request
from routing.simulator.responses import FAILURE, ResponsesWriter, cost


class Perplexity:
    """The vendor `perplexity`."""

    vendor = "perplexity"
    json_type = "application/json"
    stream_error_type = json_type
    lacks = frozenset(
        {"429-ms", "429-reset", "429-message", "429-retryinfo", "429-quota"}
        | {"usagetwice", "filtered-prompt"}
    )
    refuses = frozenset[str]()

    def key(self, request: Request) -> str:
        return bearer(request)

    def call(self, request: Request) -> Call:
        body = body_of(request)
        models = body.get("models") or [body.get("model") or body.get("preset")]
        model = models[0] if isinstance(models, list) else None
        if not isinstance(model, str) or not model:
            raise Unusable("One of model, models or preset is required")
        instructions = body.get("instructions")
        said = [Said("system", instructions)] if isinstance(instructions, str) else []
        return Call(
            model=model,
            said=(*said, *_said(body.get("input"))),
            stream=body.get("stream") is True,
            max_tokens=cap_of(body.get("max_output_tokens"), "max_output_tokens"),
        )

    def headers(self) -> dict[str, str]:
        return {"server": "cloudflare"}

    def writer(self, call: Call, behaviour: Behaviour, reply: Reply) -> "ResponsesWriter":
        return ResponsesWriter(call, behaviour, reply)

    def whole(self, call: Call, behaviour: Behaviour, reply: Reply) -> Json:
        return ResponsesWriter(call, behaviour, reply).finished()

    def error(self, call: Call, behaviour: Behaviour) -> ErrorReply:
        if behaviour.name == "429":
            # Only `overloaded` has been reported in public; the plain one follows the same frame.
            overloaded = behaviour.kind == "overloaded"
            kind = "overloaded" if overloaded else "rate_limit_exceeded"
            return _error(429, kind, "Too many requests", delay_headers(behaviour))
        if behaviour.name == "500":
            return ErrorReply(500, FAILURE)
        status, kind, message = _ERRORS[behaviour.name]
        return _error(status, kind, message.format(model=call.model))

    def invalid(self, message: str, param: str | None = None) -> ErrorReply:
        return _error(400, "invalid_request", message)

    def tells_usage(self, call: Call, behaviour: Behaviour) -> bool:
        return behaviour.name != "nousage"

    def cost_usd(self, reply: Reply) -> float | None:
        return float(cost(reply.counts)["total_cost"])


_ERRORS: dict[str, tuple[int, str, str]] = {
    "nokey": (401, "invalid_api_key", "No API key provided"),
    "400": (400, "invalid_request", "Unknown field: temperature"),
    "401": (401, "invalid_api_key", "Invalid API key provided"),
    "403": (403, "permission_denied", "Not allowed for this account"),
    "404": (400, "invalid_model", "Invalid model '{model}'"),
    "503": (503, "overloaded", "The service is overloaded"),
    "toolong": (400, "too_many_prompt_tokens", "The total length of all messages is too long."),
}


def retired() -> ErrorReply:
    """What the old Sonar path says since 2026-09-27."""
    message = "Sonar is now the Agent API. Use /v1/responses instead of /chat/completions."
    return _error(403, "chat_completions_not_available", message)


def _error(
    status: int, kind: str, message: str, headers: dict[str, str] | None = None
) -> ErrorReply:
    error = {"message": message, "type": kind, "code": status}
    return ErrorReply(status, {"error": error}, headers or {})


def _said(given: Any) -> tuple[Said, ...]:
    """The `input` of a request: a text, or a list of messages."""
    if isinstance(given, str) and given:
        return (Said("user", given),)
    if not isinstance(given, list) or not given:
        raise Unusable("input is required")
    if not all(isinstance(item, dict) and isinstance(item.get("role"), str) for item in given):
        raise Unusable("An input item has no role")
    return tuple(Said(item["role"], text_of(item.get("content"))) for item in given)
