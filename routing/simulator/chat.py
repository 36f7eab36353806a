"""Chat Completions as all its vendors speak it; OpenAI and Kimi add their own parts."""

from time import time

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Counts, Message, Reply
from routing.simulator.dialect import (
    Json,
    Unusable,
    body_of,
    cap_of,
    encode,
    new_id,
    object_of,
    text_of,
)
from routing.simulator.http import Request

DONE = b"data: [DONE]\n\n"


def read_call(body: Json) -> Call:
    """The call in a chat-completions body.

    Raises Unusable: no model, or messages that are none.
    """
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise Unusable("you must provide a model parameter")
    if not isinstance(messages, list) or not messages:
        raise Unusable("Missing required parameter: 'messages'.", "messages")
    options = object_of(body.get("stream_options"), "stream_options")
    cap = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    return Call(
        model=model,
        messages=tuple(_message(message) for message in messages),
        stream=body.get("stream") is True,
        include_usage=options.get("include_usage") is True,
        max_tokens=cap_of(body.get(cap), cap),
        fields=_refusable(body, cap),
    )


def _refusable(body: Json, cap: str) -> dict[str, str]:
    found = {"streamoptions": "stream_options", "maxtokens": cap}
    fields = {kind: name for kind, name in found.items() if name in body}
    for at, message in enumerate(body["messages"]):
        if message["role"] == "system":
            fields.setdefault("system", f"messages[{at}].role")
    return fields


def _message(message: object) -> Message:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise Unusable("A message has no role.", "messages")
    return Message(message["role"], text_of(message.get("content")))


def read_body(request: Request) -> tuple[Json, Call]:
    """The body, and the call in it."""
    body = body_of(request)
    return body, read_call(body)


def data(value: Json) -> bytes:
    """One event of a chat-completions stream: a `data:` line, ended with LF."""
    return b"data: " + encode(value) + b"\n\n"


class ChatWriter:
    """Writes the chunks of a streamed chat completion; vendors override what they do differently."""

    def __init__(self, call: Call, behaviour: Behaviour, reply: Reply) -> None:
        self.request = call
        self.behaviour = behaviour
        self.reply = reply
        self.frame: Json = {
            "id": new_id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": int(time()),
            "model": call.model,
        }

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        """One chunk with one choice."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**self.frame, "choices": [choice]}

    def opening(self) -> list[bytes]:
        return [data(self.chunk({"role": "assistant", "content": ""}))]

    def thought(self, delta: str) -> bytes | None:
        return data(self.chunk({"reasoning_content": delta}))

    def begin_text(self) -> list[bytes]:
        return []

    def text(self, delta: str) -> bytes:
        return data(self.chunk({"content": delta}))

    def done(self) -> list[bytes]:
        """The vendor's last event, unless the behaviour leaves it out."""
        return [] if self.behaviour.name == "noend" else [DONE]

    def unreadable(self) -> bytes:
        return b'data: {"id":"chatcmpl-broken","object":"chat.completion.ch\n\n'


def usage(counts: Counts) -> Json:
    """The counts that every chat-completions vendor reports under the same names."""
    return {
        "prompt_tokens": counts.input_tokens,
        "completion_tokens": counts.output_tokens,
        "total_tokens": counts.input_tokens + counts.output_tokens,
    }


def completion(call: Call, message: Json, reply: Reply) -> Json:
    """A chat completion that was not streamed, without its usage."""
    return {
        "id": new_id("chatcmpl-"),
        "object": "chat.completion",
        "created": int(time()),
        "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
    }
