"""What a vendor is asked, byte for byte as it arrives there."""

import json

import msgspec
import pytest

from routing.providers.base import Endpoint
from routing.providers.errors import InvalidRequest, KeyRefused
from routing.providers.messages import ChatRequest, Message
from routing.providers.registry import WIRES
from tests.providers.outcomes import call
from tests.providers.vendor import reply, vendor

pytestmark = pytest.mark.anyio

ASKED = ChatRequest(
    model="some/model",
    messages=(
        Message("system", "Be brief."),
        Message("user", "Привет"),
        Message("assistant", "Да?"),
        Message("user", "雪?"),
    ),
    max_output_tokens=99,
)
TALK = [msgspec.to_builtins(message) for message in ASKED.messages]


async def asked_of(wire: str):
    async with vendor(reply(b"")) as one:
        await call(wire, one.base_url, ASKED)
    return one.asked[0]


class TestTheBody:
    @pytest.mark.parametrize(
        ("wire", "body"),
        [
            (
                "chat_completions",
                {
                    "model": "some/model",
                    "messages": TALK,
                    "stream": True,
                    "stream_options": {"include_usage": True},
                    "max_completion_tokens": 99,
                },
            ),
            (
                "kimi",
                {
                    "model": "some/model",
                    "messages": TALK,
                    "stream": True,
                    "stream_options": {"include_usage": True},
                    "max_completion_tokens": 99,
                },
            ),
            (
                "sonar",
                {
                    "model": "some/model",
                    "messages": TALK,
                    "stream": True,
                    "max_tokens": 99,
                },
            ),
            (
                "responses",
                {
                    "model": "some/model",
                    "instructions": "Be brief.",
                    "input": [{"type": "message", **message} for message in TALK[1:]],
                    "stream": True,
                    "max_output_tokens": 99,
                },
            ),
            (
                "gemini",
                {
                    "systemInstruction": {"parts": [{"text": "Be brief."}]},
                    "contents": [
                        {"role": "user", "parts": [{"text": "Привет"}]},
                        {"role": "model", "parts": [{"text": "Да?"}]},
                        {"role": "user", "parts": [{"text": "雪?"}]},
                    ],
                    "generationConfig": {"maxOutputTokens": 99},
                },
            ),
        ],
    )
    async def test_is_in_the_vendors_words(self, wire, body):
        assert json.loads((await asked_of(wire)).body) == body

    @pytest.mark.parametrize("web_search", [True, False])
    async def test_offers_a_search_only_where_it_is_enabled(self, web_search):
        asked = msgspec.structs.replace(ASKED, web_search=web_search)
        async with vendor(reply(b"")) as one:
            await call("responses", one.base_url, asked)
        tools = json.loads(one.asked[0].body).get("tools")
        assert tools == ([{"type": "web_search"}] if web_search else None)

    @pytest.mark.parametrize("thinks", [True, False])
    async def test_asks_gemini_for_thoughts_only_of_a_model_that_thinks(self, thinks):
        asked = msgspec.structs.replace(ASKED, thinks=thinks)
        async with vendor(reply(b"")) as one:
            await call("gemini", one.base_url, asked)
        config = json.loads(one.asked[0].body)["generationConfig"]
        assert config.get("thinkingConfig") == ({"includeThoughts": True} if thinks else None)

    async def test_cannot_hold_half_a_character(self):
        asked = ChatRequest(model="m", messages=(Message("user", "\ud83c"),))
        async with vendor(reply(b"")) as one:
            outcome = await call("chat_completions", one.base_url, asked)
        assert isinstance(outcome.error, InvalidRequest)
        assert one.asked == []


class TestTheRequestLine:
    @pytest.mark.parametrize(
        ("wire", "path"),
        [
            ("chat_completions", "/v1/chat/completions"),
            ("kimi", "/v1/chat/completions"),
            ("responses", "/v1/responses"),
            ("gemini", "/v1/models/some%2Fmodel:streamGenerateContent?alt=sse"),
        ],
    )
    async def test_appends_to_the_base_url(self, wire, path):
        assert (await asked_of(wire)).path == path


class TestTheHeaders:
    @pytest.mark.parametrize(
        ("wire", "name", "value"),
        [
            ("chat_completions", "authorization", "Bearer test-key"),
            ("responses", "authorization", "Bearer test-key"),
            ("gemini", "x-goog-api-key", "test-key"),
        ],
    )
    async def test_alone_hold_the_key(self, wire, name, value):
        asked = await asked_of(wire)
        assert asked.headers[name] == value
        assert "test-key" not in asked.path + asked.body.decode()

    @pytest.mark.parametrize("wire", ["chat_completions", "responses", "gemini"])
    async def test_ask_for_plain_bytes(self, wire):
        assert (await asked_of(wire)).headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize("key", ["test\nkey", "test“key”"])
    async def test_cannot_hold_every_key(self, key):
        async with vendor(reply(b"")) as one:
            provider = WIRES["chat_completions"].make(Endpoint(base_url=one.base_url, api_key=key))
            with pytest.raises(KeyRefused):
                await anext(provider.stream(ASKED))
        assert one.asked == []

    async def test_return_no_cookie(self):
        async with vendor(reply(b"", 500, set_cookie="who=me; Path=/")) as one:
            await call("chat_completions", one.base_url)
            await call("chat_completions", one.base_url)
        assert "cookie" not in one.asked[1].headers

    async def test_go_to_the_vendor_itself_whatever_the_environment_says(self, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        assert (await asked_of("chat_completions")).path == "/v1/chat/completions"


def test_an_endpoint_does_not_show_its_key():
    assert "test-key" not in repr(Endpoint(base_url="http://v/v1", api_key="test-key"))
