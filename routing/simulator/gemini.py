"""Plays Gemini: generateContent as https://generativelanguage.googleapis.com/v1beta answers it."""

import json
import re
from typing import Any

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Message, Reply
from routing.simulator.dialect import (
    ErrorReply,
    Json,
    Unusable,
    body_of,
    cap_of,
    delay_headers,
    new_id,
    object_of,
    text_of,
)
from routing.simulator.http import Request

PATH = re.compile(r"/v1beta/models/([^:]+):(streamGenerateContent|generateContent)")
FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
TYPES = "type.googleapis.com/google.rpc."


class Gemini:
    """The vendor `gemini`."""

    vendor = "gemini"
    json_type = "application/json; charset=UTF-8"
    stream_error_type = "text/event-stream"
    """Recorded: plain JSON that calls itself an event stream."""
    lacks = frozenset(
        {"429-ms", "429-reset", "429-overloaded", "usagetwice"}
        | {"400-verify", "400-budget", "400-streamoptions"}
    )
    refuses = frozenset[str]()

    def key(self, request: Request) -> str:
        return request.headers.get("x-goog-api-key", "")

    def call(self, request: Request) -> Call:
        body = body_of(request)
        match = PATH.search(request.path)
        contents = body.get("contents")
        if match is None or not isinstance(contents, list) or not contents:
            raise Unusable("* GenerateContentRequest.contents: contents is not specified")
        config = object_of(body.get("generationConfig"), "generation_config")
        system = body.get("systemInstruction")
        messages = (
            [Message("system", text_of(system.get("parts")))] if isinstance(system, dict) else []
        )
        messages += [_message(content) for content in contents]
        return Call(
            model=match[1],
            messages=tuple(messages),
            stream=match[2] == "streamGenerateContent",
            sse=request.query.get("alt") == "sse",
            max_tokens=cap_of(config.get("maxOutputTokens"), "max_output_tokens"),
            fields=_refusable(config, system),
        )

    def headers(self) -> dict[str, str]:
        return {"server": "scaffolding on HTTPServer2", "server-timing": "gfet4t7; dur=12"}

    def writer(self, call: Call, behaviour: Behaviour, reply: Reply) -> "GeminiWriter":
        return GeminiWriter(call, behaviour, reply)

    def whole(self, call: Call, behaviour: Behaviour, reply: Reply) -> Json:
        writer = GeminiWriter(call, behaviour, reply)
        parts: list[Json] = []
        if reply.thoughts:
            parts.append({"text": reply.thinking, "thought": True})
        if reply.text:
            parts.append({"text": reply.text})
        writer.count(
            len(reply.thoughts), reply.counts.output_tokens - reply.counts.reasoning_tokens
        )
        return writer.last(parts)

    def error(self, call: Call, behaviour: Behaviour) -> ErrorReply:
        if behaviour.name == "429":
            return _limited(call, behaviour)
        code, status, message = _ERRORS.get(behaviour.label) or _ERRORS[behaviour.name]
        details: list[Json] = []
        if behaviour.name == "401":
            reason = {"@type": f"{TYPES}ErrorInfo", "reason": "API_KEY_INVALID"}
            details = [reason | {"domain": "googleapis.com"}]
        return _error(code, status, message.format(model=call.model, cap=call.max_tokens), details)

    def invalid(self, message: str, param: str | None = None) -> ErrorReply:
        return _error(400, "INVALID_ARGUMENT", message)

    def tells_usage(self, call: Call, behaviour: Behaviour) -> bool:
        return behaviour.label not in ("nousage", "filtered-prompt")

    def cost_usd(self, reply: Reply) -> float | None:
        return None


_ERRORS: dict[str, tuple[int, str, str]] = {
    "nokey": (403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers."),
    "400": (400, "INVALID_ARGUMENT", "Invalid value at 'generation_config.temperature'."),
    "400-billing": (
        400,
        "FAILED_PRECONDITION",
        "Free access is not available in your country. Please enable billing on your project.",
    ),
    "400-maxtokens": (
        400,
        "INVALID_ARGUMENT",
        "Unable to submit request because it has a maxOutputTokens value of {cap} but the supported "
        "range is from 1 (inclusive) to 2 (exclusive).",
    ),
    "400-system": (
        400,
        "INVALID_ARGUMENT",
        "Developer instruction is not enabled for models/{model}",
    ),
    "401": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "403": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "404": (404, "NOT_FOUND", "models/{model} is not found for API version v1beta"),
    "500": (500, "INTERNAL", "An internal error has occurred."),
    "503": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "toolong": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1001) exceeds the maximum number of tokens allowed (1000).",
    ),
}


def _refusable(config: Json, system: object) -> dict[str, str]:
    found = {
        "maxtokens": ("maxOutputTokens", config.get("maxOutputTokens")),
        "system": ("systemInstruction", system),
    }
    return {kind: name for kind, (name, value) in found.items() if value is not None}


def _limited(call: Call, behaviour: Behaviour) -> ErrorReply:
    """The 429 for a rate limit or for the day's quota, which differ only in the quota's id."""
    seconds = 1 if behaviour.delay is None else behaviour.delay
    period = "Day" if behaviour.kind == "quota" else "Minute"
    message = "You exceeded your current quota, please check your plan and billing details."
    if behaviour.kind in ("", "retryinfo", "message"):
        message += f"\nPlease retry in {seconds}.25s."
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
        "quotaId": f"GenerateRequestsPer{period}PerProjectPerModel",
        "quotaDimensions": {"model": call.model, "location": "global"},
        "quotaValue": "1000",
    }
    details: list[Json] = [{"@type": f"{TYPES}QuotaFailure", "violations": [violation]}]
    if behaviour.kind in ("", "retryinfo"):
        details.append({"@type": f"{TYPES}RetryInfo", "retryDelay": f"{seconds}s"})
    return _error(429, "RESOURCE_EXHAUSTED", message, details, delay_headers(behaviour))


def _error(
    code: int,
    status: str,
    message: str,
    details: list[Json] | None = None,
    headers: dict[str, str] | None = None,
) -> ErrorReply:
    error: Json = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = details
    return ErrorReply(code, {"error": error}, headers or {})


def _message(content: Any) -> Message:
    if not isinstance(content, dict):
        raise Unusable("Invalid value at 'contents'.")
    role = content.get("role", "user")
    if role not in ("user", "model"):
        raise Unusable("Please use a valid role: user, model.")
    return Message(role, text_of(content.get("parts")))


class GeminiWriter:
    """Writes a stream in which every chunk is a whole response object with the usage so far."""

    def __init__(self, call: Call, behaviour: Behaviour, reply: Reply) -> None:
        self._call = call
        self._behaviour = behaviour
        self._reply = reply
        self._id = new_id("")[:22]
        self._thought = 0
        self._words = 0
        self._chunks = 0

    def opening(self) -> list[bytes]:
        return []

    def thought(self, delta: str) -> bytes | None:
        self.count(len(delta.split()), 0)
        return self._frame(self._body([{"text": delta, "thought": True}]))

    def begin_text(self) -> list[bytes]:
        return []

    def text(self, delta: str) -> bytes:
        self.count(0, len(delta.split()))
        return self._frame(self._body([{"text": delta}]))

    def closing(self) -> list[bytes]:
        told = self._reply.counts.output_tokens - self._reply.counts.reasoning_tokens
        self._words = told
        events = [self._frame(self.last([{"text": ""}] if told else []))]
        return events if self._call.sse else [*events, b"]\r\n"]

    def unreadable(self) -> bytes:
        return b'data: {"candidates": [{"content": {"par\r\n\r\n'

    def failure(self) -> list[bytes]:
        return [self._frame(_error(500, "INTERNAL", "An internal error has occurred.").body)]

    def count(self, thoughts: int, words: int) -> None:
        """The tokens generated since the last chunk."""
        self._thought += thoughts
        self._words += words

    def last(self, parts: list[Json]) -> Json:
        """The response object that holds the finish reason."""
        if self._behaviour.label == "filtered-prompt":
            ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH"}]
            return {"promptFeedback": {"blockReason": "SAFETY", "safetyRatings": ratings}}
        body = self._body(parts)
        candidate = body["candidates"][0]
        candidate["finishReason"] = FINISH.get(self._reply.finish, self._reply.finish.upper())
        if self._reply.finish == "content_filter":
            rating: Json = {
                "category": "HARM_CATEGORY_HARASSMENT",
                "probability": "HIGH",
                "blocked": True,
            }
            candidate["safetyRatings"] = [rating]
        return body

    def _body(self, parts: list[Json]) -> Json:
        content: Json = {"parts": parts, "role": "model"} if parts else {"role": "model"}
        body: Json = {"candidates": [{"content": content, "index": 0}]}
        if self._behaviour.name != "nousage":
            body["usageMetadata"] = self._usage()
        return body | {"modelVersion": self._call.model, "responseId": self._id}

    def _usage(self) -> Json:
        """The usage so far; a count of zero has no key."""
        prompt = self._reply.counts.input_tokens
        told = {
            "promptTokenCount": prompt,
            "candidatesTokenCount": self._words,
            "totalTokenCount": prompt + self._words + self._thought,
            "cachedContentTokenCount": self._reply.counts.cached_tokens,
            "thoughtsTokenCount": self._thought,
        }
        details = [{"modality": "TEXT", "tokenCount": prompt}]
        return {name: n for name, n in told.items() if n} | {"promptTokensDetails": details}

    def _frame(self, body: Json) -> bytes:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ": ")).encode()
        self._chunks += 1
        if self._call.sse:
            return b"data: " + text + b"\r\n\r\n"
        return (b"[" if self._chunks == 1 else b",\r\n") + text
