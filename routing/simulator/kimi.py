"""Plays Kimi: Chat Completions as https://api.moonshot.ai/v1 answers it."""

import re

from routing.simulator import chat
from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Counts, Reply
from routing.simulator.dialect import ErrorReply, Json, Unusable, bearer, delay_headers, new_id
from routing.simulator.http import Request

FIXED_TEMPERATURE = re.compile(r"kimi-k(2\.6|3)")
OLDER = re.compile(r"kimi-k[12]|moonshot")
"""Models that report usage inside the choice only; everything else here is like K3."""


class Kimi:
    """The vendor `kimi`."""

    vendor = "kimi"
    json_type = "application/json; charset=utf-8"
    stream_error_type = json_type
    lacks = frozenset({"429-retryinfo", "400-verify", "400-billing", "400-budget"})
    refuses = frozenset({"filtered-prompt"})

    def key(self, request: Request) -> str:
        return bearer(request)

    def call(self, request: Request) -> Call:
        body, call = chat.read_body(request)
        if body.get("temperature", 1) != 1 and FIXED_TEMPERATURE.match(call.model):
            raise Unusable("invalid temperature: only 1 is allowed for this model")
        return call

    def headers(self) -> dict[str, str]:
        return {"msh-request-id": new_id(""), "msh-trace-mode": "on"}

    def writer(self, call: Call, behaviour: Behaviour, reply: Reply) -> "KimiWriter":
        return KimiWriter(call, behaviour, reply)

    def whole(self, call: Call, behaviour: Behaviour, reply: Reply) -> Json:
        message: Json = {"role": "assistant", "content": reply.text}
        if reply.thoughts:
            message["reasoning_content"] = reply.thinking
        body = chat.completion(call, message, reply)
        return body if behaviour.name == "nousage" else {**body, "usage": usage(reply.counts)}

    def error(self, call: Call, behaviour: Behaviour) -> ErrorReply:
        if behaviour.name == "429":
            return _limited(behaviour)
        status, kind, message = _ERRORS.get(behaviour.label) or _ERRORS[behaviour.name]
        field = call.fields.get(behaviour.kind, "")
        return _error(status, message.format(model=call.model, field=field), kind)

    def invalid(self, message: str, param: str | None = None) -> ErrorReply:
        return _error(400, message, "invalid_request_error")

    def tells_usage(self, call: Call, behaviour: Behaviour) -> bool:
        return behaviour.name != "nousage"

    def cost_usd(self, reply: Reply) -> float | None:
        return None


_ERRORS: dict[str, tuple[int, str, str]] = {
    "nokey": (401, "invalid_authentication_error", "Invalid Authentication"),
    "400": (400, "invalid_request_error", "invalid temperature: only 1 is allowed for this model"),
    "400-streamoptions": (400, "invalid_request_error", "unknown field: {field}"),
    "400-maxtokens": (400, "invalid_request_error", "Invalid request: {field} is not supported"),
    "400-system": (
        400,
        "invalid_request_error",
        "Invalid request: {field} system is not supported",
    ),
    "401": (401, "invalid_authentication_error", "Invalid Authentication"),
    "403": (403, "permission_denied_error", "The API you are accessing is not open"),
    "404": (404, "resource_not_found_error", "Not found the model {model} or Permission denied"),
    "500": (500, "server_error", "An internal error occurred"),
    "503": (503, "server_error", "The service is temporarily unavailable"),
    "toolong": (
        400,
        "invalid_request_error",
        "Invalid request: Your request exceeded model token limit: 1000 (requested: 1001)",
    ),
    "filtered": (
        400,
        "content_filter",
        "The request was rejected because it was considered high risk",
    ),
}


def _limited(behaviour: Behaviour) -> ErrorReply:
    match behaviour.kind:
        case "quota":
            message = (
                "Your account is not active, exceeded current quota, please check your billing"
            )
            return _error(429, message, "exceeded_current_quota_error")
        case "overloaded":
            message = "The engine is currently overloaded, please try again later"
            return _error(429, message, "engine_overloaded_error")
        case "" | "message":
            wait = f"after {1 if behaviour.delay is None else behaviour.delay} seconds"
        case _:
            wait = "later"
    message = f"Organization Rate limit exceeded, please try again {wait}"
    limited = _error(429, message, "rate_limit_reached_error")
    return ErrorReply(limited.status, limited.body, delay_headers(behaviour))


def _error(status: int, message: str, kind: str) -> ErrorReply:
    return ErrorReply(status, {"error": {"message": message, "type": kind}})


class KimiWriter(chat.ChatWriter):
    """Writes a stream with usage in the finishing choice, and on K3 once more at the end."""

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        return {**super().chunk(delta, finish), "system_fingerprint": "fpv0_simulator"}

    def closing(self) -> list[bytes]:
        last = self.chunk({}, self.reply.finish)
        events = [last]
        if self.behaviour.name != "nousage":
            totals = usage(self.reply.counts)
            last["choices"][0]["usage"] = totals
            newer = self.request.include_usage and not OLDER.match(self.request.model)
            if newer or self.behaviour.name == "usagetwice":
                events.append({**self.frame, "choices": [], "usage": totals})
        return [*map(chat.data, events), *self.done()]

    def failure(self) -> list[bytes]:
        return [chat.data(_error(500, "An internal error occurred", "server_error").body)]


def usage(counts: Counts) -> Json:
    """Kimi's usage object; counts of zero for cached and thinking tokens have no key."""
    report = chat.usage(counts)
    if counts.cached_tokens:
        report["cached_tokens"] = counts.cached_tokens
        report["prompt_tokens_details"] = {"cached_tokens": counts.cached_tokens}
    if counts.reasoning_tokens:
        report["completion_tokens_details"] = {"reasoning_tokens": counts.reasoning_tokens}
    return report
