"""A simulator per test, and a plain HTTP client that keeps every byte it was sent."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from routing.simulator import Simulator, serve


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serve() as running:
        yield running


@dataclass
class Heard:
    """What one request brought back, up to the moment it broke."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    broke: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The JSON of every readable `data:` line but `[DONE]`."""
        lines = [line[6:] for line in self.body.splitlines() if line.startswith(b"data: ")]
        return [json.loads(line) for line in lines if line != b"[DONE]"]


class Asker:
    """Sends what each vendor wants to be sent."""

    def __init__(self, simulator: Simulator, client: httpx.AsyncClient) -> None:
        self.simulator = simulator
        self.client = client

    async def __call__(
        self,
        vendor: str,
        model: str,
        said: str | list[tuple[str, str]] = "hello there",
        *,
        stream: bool = True,
        key: str | None = "test-key",
        **options: Any,
    ) -> Heard:
        heard = Heard()
        request = self.request(vendor, model, said, stream, key, options)
        try:
            response = await self.client.send(request, stream=True)
            heard.status, heard.headers = response.status_code, dict(response.headers)
            try:
                async for part in response.aiter_raw():
                    heard.body += part
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            heard.broke = type(error).__name__
        return heard

    def request(
        self,
        vendor: str,
        model: str,
        said: str | list[tuple[str, str]],
        stream: bool,
        key: str | None,
        options: dict[str, Any],
    ) -> httpx.Request:
        turns = [("user", said)] if isinstance(said, str) else said
        base = f"{self.simulator.url}/{vendor}"
        body: dict[str, Any]
        if vendor == "gemini":
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            url = f"{base}/v1beta/models/{model}:{method}"
            contents = [{"role": role, "parts": [{"text": text}]} for role, text in turns]
            body = {"contents": contents}
        else:
            messages = [{"role": role, "content": text} for role, text in turns]
            path, name = (
                ("responses", "input")
                if vendor == "perplexity"
                else (
                    "chat/completions",
                    "messages",
                )
            )
            url = f"{base}/v1/{path}"
            body = {"model": model, name: messages, "stream": stream}
        headers = {} if key is None else {"authorization": f"Bearer {key}", "x-goog-api-key": key}
        return self.client.build_request("POST", url, json={**body, **options}, headers=headers)


@pytest.fixture
async def ask(simulator: Simulator) -> AsyncIterator[Asker]:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        yield Asker(simulator, client)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator.url, timeout=10, trust_env=False) as client:
        yield client
