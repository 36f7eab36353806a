"""Plays Perplexity: its Agent API as https://api.perplexity.ai/v1 answers it."""

from typing import Any

from routing.simulator.behaviours import REFUSES_A_FIELD, Behaviour
from routing.simulator.calls import Call, Message, Reply
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
        | {"usagetwice", "filtered-prompt", "400-verify", "400-billing", "400-budget"}
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
        system = [Message("system", instructions)] if isinstance(instructions, str) else []
        found = {
            "streamoptions": "stream_options",
            "maxtokens": "max_output_tokens",
            "system": "instructions",
        }
        return Call(
            model=model,
            messages=(*system, *_messages(body.get("input"))),
            stream=body.get("stream") is True,
            max_tokens=cap_of(body.get("max_output_tokens"), "max_output_tokens"),
            fields={kind: name for kind, name in found.items() if name in body},
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
        if behaviour.kind in REFUSES_A_FIELD:
            return _refused_field(call.fields.get(behaviour.kind, ""), behaviour.kind)
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


def _refused_field(field: str, kind: str) -> ErrorReply:
    """A 422 in FastAPI's shape; for a refused cap in Perplexity's own shape."""
    if kind == "maxtokens":
        return _error(422, "invalid_request", f"{field} must be <= 8192")
    told = {
        "type": "extra_forbidden",
        "loc": ["body", field],
        "msg": "Extra inputs are not permitted",
    }
    return ErrorReply(422, {"detail": [told]})


def retired() -> ErrorReply:
    """The answer of the old Sonar path since 2026-09-27."""
    message = "Sonar is now the Agent API. Use /v1/responses instead of /chat/completions."
    return _error(403, "chat_completions_not_available", message)


def _error(
    status: int, kind: str, message: str, headers: dict[str, str] | None = None
) -> ErrorReply:
    error = {"message": message, "type": kind, "code": status}
    return ErrorReply(status, {"error": error}, headers or {})


def _messages(given: Any) -> tuple[Message, ...]:
    """The `input` of a request: a text, or a list of messages."""
    if isinstance(given, str) and given:
        return (Message("user", given),)
    if not isinstance(given, list) or not given:
        raise Unusable("input is required")
    if not all(isinstance(item, dict) and isinstance(item.get("role"), str) for item in given):
        raise Unusable("An input item has no role")
    return tuple(Message(item["role"], text_of(item.get("content"))) for item in given)
