"""Plays OpenAI: Chat Completions as https://api.openai.com/v1 answers it."""

import re

from routing.simulator import chat
from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Counts, Reply
from routing.simulator.dialect import ErrorReply, Json, Unusable, bearer, delay_headers, new_id
from routing.simulator.http import Request

THINKING_MODELS = re.compile(r"gpt-[5-9]|o[1-9]")
PADDED = 16
"""OpenAI pads every chunk to hide how long its text is; the field must be ignored."""


class OpenAI:
    """The vendor `openai`."""

    vendor = "openai"
    json_type = "application/json"
    stream_error_type = json_type
    lacks = frozenset({"429-retryinfo", "429-overloaded"})
    refuses = frozenset({"filtered-prompt"})

    def key(self, request: Request) -> str:
        return bearer(request)

    def call(self, request: Request) -> Call:
        body, call = chat.read_body(request)
        if "max_tokens" in body and THINKING_MODELS.match(call.model):
            raise Unusable(
                "Unsupported parameter: 'max_tokens' is not supported with this model.",
                "max_tokens",
            )
        return call

    def headers(self) -> dict[str, str]:
        return {
            "x-request-id": new_id("req_"),
            "openai-processing-ms": "12",
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": "5000",
            "x-ratelimit-remaining-requests": "4999",
            "x-ratelimit-reset-requests": "12ms",
        }

    def writer(self, call: Call, behaviour: Behaviour, reply: Reply) -> "OpenAIWriter":
        return OpenAIWriter(call, behaviour, reply)

    def whole(self, call: Call, behaviour: Behaviour, reply: Reply) -> Json:
        message: Json = {"role": "assistant", "content": reply.text, "refusal": None}
        body = chat.completion(call, message, reply) | {"service_tier": "default"}
        return body if behaviour.name == "nousage" else {**body, "usage": usage(reply.counts)}

    def error(self, call: Call, behaviour: Behaviour) -> ErrorReply:
        if behaviour.name == "429":
            return _limited(call, behaviour)
        status, code, message, param = _ERRORS.get(behaviour.label) or _ERRORS[behaviour.name]
        kind = "server_error" if status >= 500 else "invalid_request_error"
        field = call.fields.get(behaviour.kind, "")
        message = message.format(model=call.model, field=field)
        return _error(status, message, kind, code, field or param)

    def invalid(self, message: str, param: str | None = None) -> ErrorReply:
        code = "unsupported_parameter" if message.startswith("Unsupported") else None
        return _error(400, message, "invalid_request_error", code, param)

    def tells_usage(self, call: Call, behaviour: Behaviour) -> bool:
        return behaviour.name != "nousage" and (call.include_usage or not call.stream)

    def cost_usd(self, reply: Reply) -> float | None:
        return None


_ERRORS: dict[str, tuple[int, str | None, str, str | None]] = {
    "nokey": (401, None, "You didn't provide an API key.", None),
    "400": (400, "unsupported_value", "Unsupported value: 'temperature' is fixed.", "temperature"),
    "400-verify": (
        400,
        "unsupported_value",
        "Your organization must be verified to stream this model. Please go to your "
        "organization's settings and click on Verify Organization.",
        "stream",
    ),
    "400-billing": (400, "billing_hard_limit_reached", "Billing hard limit has been reached", None),
    # The words of a proxy that many put before OpenAI.
    "400-budget": (
        400,
        "budget_exceeded",
        "Budget has been exceeded! Current cost: 10.01, Max budget: 10.0",
        None,
    ),
    "400-streamoptions": (400, "unknown_parameter", "Unknown parameter: '{field}'.", None),
    "400-maxtokens": (
        400,
        "unsupported_parameter",
        "Unsupported parameter: '{field}' is not supported with this model.",
        None,
    ),
    "400-system": (
        400,
        "unsupported_value",
        "Unsupported value: '{field}' does not support 'system' with this model.",
        None,
    ),
    "401": (401, "invalid_api_key", "Incorrect API key provided.", None),
    "403": (403, "unsupported_country_region_territory", "Country or region not supported", None),
    "404": (404, "model_not_found", "The model `{model}` does not exist.", None),
    "500": (500, None, "The server had an error while processing your request.", None),
    "503": (503, "overloaded", "The engine is overloaded, please try again later.", None),
    "toolong": (
        400,
        "context_length_exceeded",
        "Your input exceeds the context window.",
        "messages",
    ),
    "filtered": (400, "content_policy_violation", "Your prompt was rejected by the filter.", None),
}


def _limited(call: Call, behaviour: Behaviour) -> ErrorReply:
    if behaviour.kind == "quota":
        message = "You exceeded your current quota, please check your billing details."
        return _error(429, message, "insufficient_quota", "insufficient_quota", None)
    wait = ""
    if behaviour.kind == "message":
        wait = f" Please try again in {1 if behaviour.delay is None else behaviour.delay}s."
    message = f"Rate limit reached for {call.model} on requests per min.{wait}"
    limited = _error(429, message, "requests", "rate_limit_exceeded", None)
    asked = behaviour if behaviour.kind else Behaviour(name="429", kind="header")
    return ErrorReply(limited.status, limited.body, delay_headers(asked))


def _error(status: int, message: str, kind: str, code: str | None, param: str | None) -> ErrorReply:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return ErrorReply(status, {"error": error})


class OpenAIWriter(chat.ChatWriter):
    """Writes a stream in which thinking is counted but never shown."""

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        body = super().chunk(delta, finish)
        body |= {"service_tier": "default", "system_fingerprint": None}
        body["choices"][0]["logprobs"] = None
        return self._padded(body | ({"usage": None} if self.request.include_usage else {}), delta)

    def opening(self) -> list[bytes]:
        return [chat.data(self.chunk({"role": "assistant", "content": "", "refusal": None}))]

    def thought(self, delta: str) -> bytes | None:
        return None

    def closing(self) -> list[bytes]:
        events = [chat.data(self.chunk({}, self.reply.finish))]
        if self.request.include_usage and self.behaviour.name != "nousage":
            totals = self._padded(
                {**self.frame, "choices": [], "usage": usage(self.reply.counts)}, {}
            )
            events += [chat.data(totals)] * (2 if self.behaviour.name == "usagetwice" else 1)
        return [*events, *self.done()]

    def failure(self) -> list[bytes]:
        message = "The server had an error while processing your request."
        return [chat.data(_error(500, message, "server_error", None, None).body)]

    @staticmethod
    def _padded(body: Json, delta: Json) -> Json:
        length = PADDED - len(delta.get("content", "")) % PADDED
        return body | {"obfuscation": "x" * length}


def usage(counts: Counts) -> Json:
    """OpenAI's usage object."""
    return chat.usage(counts) | {
        "prompt_tokens_details": {"cached_tokens": counts.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": counts.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
