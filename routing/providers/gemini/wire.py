"""Speaks Gemini's Developer API."""

from collections.abc import AsyncGenerator
from functools import partial
from urllib.parse import quote

from routing.providers import call, liveness
from routing.providers.base import Endpoint
from routing.providers.fields import Json
from routing.providers.folding import folded
from routing.providers.gemini.decoder import GeminiDecoder
from routing.providers.gemini.errors import classify, retry_delay
from routing.providers.messages import ChatRequest, StreamEvent
from routing.providers.refusals import Refusals
from routing.providers.refused_fields import SYSTEM_ROLE

_CAP = "maxOutputTokens"
_THOUGHTS = "thinkingConfig"


class Gemini:
    """Calls one endpoint that speaks Gemini's protocol."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        """The answer as it arrives; see `Provider.stream`."""
        without = self._endpoint.without
        base, model = self._endpoint.base_url.rstrip("/"), quote(request.model, safe="")
        one = call.Call(
            url=f"{base}/models/{model}:streamGenerateContent?alt=sse",
            # Never `?key=`: a URL ends in logs and error texts.
            headers=_headers(self._endpoint),
            body=request_body(request, without),
            deadlines=self._endpoint.deadlines,
        )
        prompt_chars = sum(len(message.content) for message in request.messages)
        refusals = Refusals(
            classify=partial(classify, prompt_chars=prompt_chars),
            delay=retry_delay,
            sent=_added(request, without),
        )
        return call.run(one, GeminiDecoder(refusals), refusals.of_reply)


async def is_alive(endpoint: Endpoint) -> bool | None:
    """See `Wire.is_alive`."""
    return await liveness.lists_models(endpoint.base_url, _headers(endpoint))


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"x-goog-api-key": endpoint.api_key}


def _added(request: ChatRequest, without: frozenset[str]) -> tuple[str, ...]:
    """The parameters that the wire adds to this request by itself."""
    has_system = any(m.role == "system" for m in request.messages)
    names = {
        _CAP: request.max_output_tokens is not None,
        _THOUGHTS: request.thinks,
        SYSTEM_ROLE: has_system,
    }
    return tuple(name for name, is_there in names.items() if is_there and name not in without)


def request_body(request: ChatRequest, without: frozenset[str]) -> Json:
    """The body of the request, without parameters that the server refused before."""
    added = _added(request, without)
    messages = request.messages if SYSTEM_ROLE in added else folded(request.messages)
    instructions = [{"text": m.content} for m in messages if m.role == "system"]
    body: Json = {
        "contents": [
            {"role": "model" if m.role == "assistant" else "user", "parts": [{"text": m.content}]}
            for m in messages
            if m.role != "system"
        ]
    }
    if instructions:
        body["systemInstruction"] = {"parts": instructions}
    config: Json = {}
    if _CAP in added:
        config[_CAP] = request.max_output_tokens
    if _THOUGHTS in added:
        # Without them nothing at all is sent while the model thinks.
        config[_THOUGHTS] = {"includeThoughts": True}
    if config:
        body["generationConfig"] = config
    return body
