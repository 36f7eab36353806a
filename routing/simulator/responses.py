"""How does Perplexity speak? Its Agent API, shaped like OpenAI's Responses."""

from decimal import Decimal
from time import time
from typing import Any

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Counts, Reply, Said
from routing.simulator.dialect import (
    ErrorReply,
    Json,
    Unusable,
    bearer,
    body_of,
    delay_headers,
    encode,
    new_id,
    text_of,
)
from routing.simulator.http import Request

MILLION = Decimal(1_000_000)
INPUT_USD, CACHED_USD, OUTPUT_USD = Decimal("0.25"), Decimal("0.0625"), Decimal("2.5")
"""Per million tokens, the price of perplexity/sonar in November 2026."""
SEARCH_USD = Decimal("0.0025")

SOURCES: tuple[Json, ...] = (
    {
        "id": 1,
        "title": "Example Domain",
        "url": "https://example.com/",
        "snippet": "A name kept free for documents.",
        "last_updated": "2026-11-01",
        "source": "web",
    },
    {
        "id": 2,
        "title": "Example Organisation",
        "url": "https://example.org/about?from=search&lang=en",
        "snippet": "Another name kept free for documents.",
        "date": "2026-10-01",
        "last_updated": "2026-11-02",
        "source": "web",
    },
)


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
            max_tokens=body.get("max_output_tokens"),
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
    "404": (404, "model_not_found", "Model '{model}' is not supported"),
    "500": (500, "internal_error", "Stream error from backend"),
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


def usage(counts: Counts) -> Json:
    """Usage with the cost that Perplexity itself reports."""
    cached = counts.cached_tokens
    return {
        "input_tokens": counts.input_tokens,
        "input_tokens_details": {
            "cached_tokens": cached,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": 0,
        },
        "output_tokens": counts.output_tokens,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning_tokens},
        "total_tokens": counts.input_tokens + counts.output_tokens,
        "tool_calls_details": {"search_web": {"invocation": 1, "cost_usd": float(SEARCH_USD)}},
        "cost": cost(counts),
    }


def cost(counts: Counts) -> Json:
    """The cost object; `total_cost` is exactly the sum of its parts."""
    cached = counts.cached_tokens * CACHED_USD / MILLION
    read = (counts.input_tokens - counts.cached_tokens) * INPUT_USD / MILLION
    written = counts.output_tokens * OUTPUT_USD / MILLION
    return {
        "currency": "USD",
        "input_cost": float(read),
        "output_cost": float(written),
        "cache_read_cost": float(cached),
        "tool_calls_cost": float(SEARCH_USD),
        "tool_calls_cost_details": {"search_web": float(SEARCH_USD)},
        "total_cost": float(read + written + cached + SEARCH_USD),
    }


class ResponsesWriter:
    """A stream of named events; only the last one holds usage."""

    def __init__(self, call: Call, behaviour: Behaviour, reply: Reply) -> None:
        self._call = call
        self._behaviour = behaviour
        self._reply = reply
        self._id = new_id("resp_")
        self._item = new_id("msg_")
        self._created = int(time())
        self._sequence = 0
        self._thinking = False

    def opening(self) -> list[bytes]:
        begun = {"response": self._response("in_progress", [])}
        queries = [self._call.prompt[:80]]
        place = {"output_index": 1}
        message = {"id": self._item, "type": "message", "role": "assistant"}
        return [
            self._event("response.created", begun),
            self._event("response.in_progress", begun),
            self._event("response.reasoning.started", {}),
            self._event("response.reasoning.search_queries", {"queries": queries}),
            self._event("response.reasoning.search_results", {"results": list(SOURCES)}),
            self._event("response.reasoning.stopped", {}),
            self._event(
                "response.output_item.added",
                place | {"item": message | {"status": "in_progress", "content": []}},
            ),
            self._event("response.content_part.added", self._part("")),
        ]

    def thought(self, delta: str) -> bytes | None:
        return None

    def text(self, delta: str) -> bytes:
        place = {"item_id": self._item, "output_index": 1, "content_index": 0}
        return self._event("response.output_text.delta", place | {"delta": delta})

    def closing(self) -> list[bytes]:
        place = {"item_id": self._item, "output_index": 1, "content_index": 0}
        done = self.finished()
        return [
            self._event("response.output_text.done", place | {"text": self._reply.text}),
            self._event("response.content_part.done", self._part(self._reply.text)),
            self._event(
                "response.output_item.done", {"output_index": 1, "item": done["output"][1]}
            ),
            self._event(f"response.{done['status']}", {"response": done}),
        ]

    def unreadable(self) -> bytes:
        return b'event: response.output_text.delta\ndata: {"type":"response.output_te\n\n'

    def failure(self) -> list[bytes]:
        error = _error(500, "internal_error", "Stream error from backend").body
        return [self._event("response.failed", error)]

    def finished(self) -> Json:
        """The response object at the end of the answer."""
        status = "completed" if self._reply.finish == "stop" else "incomplete"
        text = {"type": "output_text", "text": self._reply.text, "annotations": []}
        message = {
            "id": self._item,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": [text],
        }
        search = {
            "type": "search_results",
            "queries": [self._call.prompt[:80]],
            "results": list(SOURCES),
        }
        response = self._response(status, [search, message])
        if self._behaviour.name != "nousage":
            response["usage"] = usage(self._reply.counts)
        if self._reply.finish != "stop":
            length = self._reply.finish == "length"
            reason = "max_output_tokens" if length else "content_filter"
            response["incomplete_details"] = {"reason": reason}
        return response

    def _response(self, status: str, output: list[Json]) -> Json:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": self._call.max_tokens,
            "metadata": {},
            "model": self._call.model,
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "service_tier": "default",
            "store": False,
            "temperature": 1,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [{"type": "web_search"}],
            "top_p": 1,
            "truncation": "disabled",
            "usage": None,
        }

    def _part(self, text: str) -> Json:
        part = {"type": "output_text", "text": text, "annotations": []}
        return {"item_id": self._item, "output_index": 1, "content_index": 0, "part": part}

    def _event(self, name: str, fields: Json) -> bytes:
        body = {"type": name, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return b"event: " + name.encode() + b"\ndata: " + encode(body) + b"\n\n"
