"""Speaks the Chat Completions protocol of OpenAI and of the servers that copied it.

What differs between those who speak it is a `Dialect`, which a vendor's folder brings.
"""

from collections.abc import AsyncGenerator, Callable

import msgspec

from routing.providers import call, liveness
from routing.providers.base import Endpoint
from routing.providers.chat_completions import content, errors
from routing.providers.chat_completions.decoder import ChatDecoder
from routing.providers.error_report import ErrorReport, ErrorType
from routing.providers.fields import Json
from routing.providers.messages import ChatRequest, StreamEvent
from routing.providers.refusals import Refusals

_OTHER_CAP = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
_OURS = ("stream_options", "max_completion_tokens", "max_tokens")
"""What the wire adds by itself."""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """The differences between the servers that speak this protocol."""

    cap_field: str = "max_completion_tokens"
    asks_for_usage: bool = True
    classify: Callable[[ErrorReport], ErrorType] = errors.classify
    make_decoder: Callable[[ChatRequest, Refusals], ChatDecoder] = lambda _request, refusals: (
        ChatDecoder(refusals)
    )


class ChatCompletions:
    """Calls one endpoint that speaks Chat Completions."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect | None = None) -> None:
        self._endpoint = endpoint
        self._dialect = dialect or Dialect()

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        without = self._endpoint.without
        body = request_body(request, self._dialect, without)
        one = call.Call(
            url=f"{self._endpoint.base_url.rstrip('/')}/chat/completions",
            headers=_headers(self._endpoint),
            body=body,
            deadlines=self._endpoint.deadlines,
        )
        sent = [name for name in _OURS if name in body]
        role = content.system_name(without)
        if role is not None and any(m.role == "system" for m in request.messages):
            sent.append(role)
        refusals = Refusals(classify=self._dialect.classify, sent=tuple(sent))
        decoder = self._dialect.make_decoder(request, refusals)
        return call.run(one, decoder, refusals.of_reply)


async def is_alive(endpoint: Endpoint) -> bool | None:
    """See `Wire.is_alive`."""
    return await liveness.lists_models(endpoint.base_url, _headers(endpoint))


def request_body(request: ChatRequest, dialect: Dialect, without: frozenset[str]) -> Json:
    """The body of the request, without parameters that the server refused before."""
    body: Json = {
        "model": request.model,
        "messages": content.asked(request.messages, without),
        "stream": True,
    }
    if dialect.asks_for_usage and "stream_options" not in without:
        body["stream_options"] = {"include_usage": True}
    caps = (dialect.cap_field, _OTHER_CAP[dialect.cap_field])
    cap = next((name for name in caps if name not in without), None)
    if request.max_output_tokens is not None and cap is not None:
        body[cap] = request.max_output_tokens
    return body


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
