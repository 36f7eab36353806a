"""Writes the events of the Responses protocol, as Perplexity's Agent API sends them."""

from decimal import Decimal
from time import time

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Counts, Reply
from routing.simulator.dialect import Json, encode, new_id

MILLION = Decimal(1_000_000)
INPUT_USD, CACHED_USD, OUTPUT_USD = Decimal("0.25"), Decimal("0.0625"), Decimal("2.5")
"""Per million tokens, the price of perplexity/sonar in November 2026."""
SEARCH_USD = Decimal("0.0025")

PRESETS = {"fast": "openai/gpt-6-luna", "low": "openai/gpt-6-luna"}
"""Recorded: a preset answers as the model it stands for, and only the last event says so."""

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

FAILURE: Json = {
    "error": {"message": "Stream error from backend", "type": "internal_error", "code": 500}
}


def usage(counts: Counts) -> Json:
    """The usage object with the cost that Perplexity itself reports."""
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
    """Writes a stream of named events, of which only the last one holds usage."""

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
        return [
            self._event("response.created", begun),
            self._event("response.in_progress", begun),
            self._event("response.reasoning.started", {}),
            self._event("response.reasoning.search_queries", {"queries": queries}),
            self._event("response.reasoning.search_results", {"results": list(SOURCES)}),
        ]

    def thought(self, delta: str) -> bytes | None:
        """The searches, which Perplexity tells of only when the behaviour takes its time; no thinking."""
        if self._behaviour.name != "thinks":
            return None
        return self._event("response.reasoning.search_queries", {"queries": [delta.strip()]})

    def begin_text(self) -> list[bytes]:
        place = {"output_index": 1}
        message = {"id": self._item, "type": "message", "role": "assistant"}
        return [
            self._event("response.reasoning.stopped", {}),
            self._event(
                "response.output_item.added",
                place | {"item": message | {"status": "in_progress", "content": []}},
            ),
            self._event("response.content_part.added", self._part("")),
        ]

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
        error = FAILURE
        return [self._event("response.failed", error)]

    def finished(self) -> Json:
        """The response object that ends the answer."""
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
        response["model"] = PRESETS.get(self._call.model, self._call.model)
        if self._behaviour.name != "nousage":
            response["usage"] = usage(self._reply.counts)
        if self._reply.finish != "stop":
            length = self._reply.finish == "length"
            reason = "max_output_tokens" if length else self._reply.finish
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
