"""Speaks the Responses protocol of OpenAI and of Perplexity's Agent API."""

from collections.abc import AsyncGenerator

from routing.providers import call, liveness
from routing.providers.base import Endpoint
from routing.providers.fields import Json
from routing.providers.messages import ChatRequest, StreamEvent
from routing.providers.refusals import Refusals
from routing.providers.responses.decoder import ResponsesDecoder
from routing.providers.responses.errors import classify

_OURS = ("max_output_tokens", "tools")
"""What the wire adds by itself."""


class Responses:
    """Calls one endpoint that speaks Responses."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        body = request_body(request, self._endpoint.without)
        one = call.Call(
            url=f"{self._endpoint.base_url.rstrip('/')}/responses",
            headers=_headers(self._endpoint),
            body=body,
            deadlines=self._endpoint.deadlines,
        )
        sent = tuple(name for name in _OURS if name in body)
        refusals = Refusals(classify=classify, sent=sent)
        return call.run(one, ResponsesDecoder(refusals), refusals.of_reply)


async def is_alive(endpoint: Endpoint) -> bool | None:
    """See `Wire.is_alive`."""
    return await liveness.lists_models(endpoint.base_url, _headers(endpoint))


def request_body(request: ChatRequest, without: frozenset[str]) -> Json:
    """The body of the request, without parameters that the server refused before."""
    instructions = [m.content for m in request.messages if m.role == "system"]
    body: Json = {
        "model": request.model,
        "input": [
            {"type": "message", "role": m.role, "content": m.content}
            for m in request.messages
            if m.role != "system"
        ],
        "stream": True,
    }
    if request.web_search and "tools" not in without:
        body["tools"] = [{"type": "web_search"}]
    if instructions:
        body["instructions"] = "\n\n".join(instructions)
    if request.max_output_tokens is not None and "max_output_tokens" not in without:
        body["max_output_tokens"] = request.max_output_tokens
    return body


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
