"""The vendors' own clients read the simulator as they read their vendors."""

from collections.abc import AsyncIterator

import httpx
import openai
import pytest
from google import genai
from google.genai import errors, types

pytestmark = pytest.mark.anyio

ASKED = "sim-ok-tokens10-pace0-cached"
PROMPT = "one two three four"


@pytest.fixture(params=["openai", "kimi"])
async def chat(request, simulator) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        api_key="test-key", base_url=simulator.base_url(request.param), max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def agent(simulator) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        api_key="test-key", base_url=simulator.base_url("perplexity"), max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def gemini(simulator) -> AsyncIterator[genai.client.AsyncClient]:
    # On its own choice, aiohttp, the client does not read an error body whose content type is
    # text/event-stream; with a transport of httpx it does.
    options = types.HttpOptions(
        base_url=f"{simulator.url}/gemini",
        api_version="v1beta",
        async_client_args={"transport": httpx.AsyncHTTPTransport()},
    )
    client = genai.Client(api_key="test-key", http_options=options)
    async with client.aio as asynchronous:
        yield asynchronous
    client.close()


class TestOpenAIChat:
    async def test_reads_a_stream_and_its_usage(self, chat, simulator):
        stream = await chat.chat.completions.create(
            model=ASKED,
            messages=[{"role": "user", "content": PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]

        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        usage = chunks[-1].usage
        assert text == simulator.log[0].served.text
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 10, 14)
        assert usage.prompt_tokens_details.cached_tokens == 2

    async def test_reads_a_whole_answer_and_its_usage(self, chat, simulator):
        answer = await chat.chat.completions.create(
            model=ASKED, messages=[{"role": "user", "content": PROMPT}]
        )

        assert answer.choices[0].message.content == simulator.log[0].served.text
        assert answer.choices[0].finish_reason == "stop"
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (4, 10)

    @pytest.mark.parametrize("stream", [True, False])
    @pytest.mark.parametrize(
        ("behaviour", "expected"),
        [
            ("401", openai.AuthenticationError),
            ("403", openai.PermissionDeniedError),
            ("404", openai.NotFoundError),
            ("429", openai.RateLimitError),
            ("500", openai.InternalServerError),
            ("toolong", openai.BadRequestError),
        ],
    )
    async def test_reads_an_error(self, chat, behaviour, expected, stream):
        with pytest.raises(expected) as caught:
            await chat.chat.completions.create(
                model=f"sim-{behaviour}",
                messages=[{"role": "user", "content": PROMPT}],
                stream=stream,
            )

        assert caught.value.body["message"]

    async def test_reads_an_error_inside_a_stream(self, chat):
        stream = await chat.chat.completions.create(
            model="sim-error-after2-pace0",
            messages=[{"role": "user", "content": PROMPT}],
            stream=True,
        )

        with pytest.raises(openai.APIError):
            async for _ in stream:
                pass

    async def test_lists_the_models(self, chat):
        assert [model.id async for model in chat.models.list()]


class TestOpenAIResponses:
    async def test_reads_a_stream_and_its_usage(self, agent, simulator):
        stream = await agent.responses.create(
            model=ASKED, input=[{"role": "user", "content": PROMPT}], stream=True
        )
        events = [event async for event in stream]

        text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
        last = events[-1].response
        assert text == last.output_text == simulator.log[0].served.text
        assert (last.usage.input_tokens, last.usage.output_tokens) == (4, 10)
        assert last.usage.input_tokens_details.cached_tokens == 2
        assert last.usage.cost["total_cost"] == simulator.log[0].served.cost_usd

    async def test_reads_a_whole_answer_and_its_usage(self, agent, simulator):
        answer = await agent.responses.create(model=ASKED, input=PROMPT)

        assert answer.output_text == simulator.log[0].served.text
        assert (answer.status, answer.usage.total_tokens) == ("completed", 14)

    async def test_reads_a_truncated_answer(self, agent):
        answer = await agent.responses.create(model="sim-truncated-pace0", input=PROMPT)

        assert (answer.status, answer.incomplete_details.reason) == (
            "incomplete",
            "max_output_tokens",
        )

    @pytest.mark.parametrize("stream", [True, False])
    @pytest.mark.parametrize(
        ("behaviour", "expected"),
        [
            ("401", openai.AuthenticationError),
            ("429", openai.RateLimitError),
            ("503", openai.InternalServerError),
        ],
    )
    async def test_reads_an_error(self, agent, behaviour, expected, stream):
        with pytest.raises(expected) as caught:
            await agent.responses.create(model=f"sim-{behaviour}", input=PROMPT, stream=stream)

        assert caught.value.body["type"]


class TestGoogleGenai:
    async def test_reads_a_stream_and_its_usage(self, gemini, simulator):
        stream = await gemini.models.generate_content_stream(model=ASKED, contents=PROMPT)
        chunks = [chunk async for chunk in stream]

        usage = chunks[-1].usage_metadata
        assert "".join(chunk.text or "" for chunk in chunks) == simulator.log[0].served.text
        assert (usage.prompt_token_count, usage.candidates_token_count) == (4, 10)
        assert (usage.cached_content_token_count, usage.total_token_count) == (2, 14)
        assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP

    async def test_reads_a_whole_answer_and_its_usage(self, gemini, simulator):
        answer = await gemini.models.generate_content(model=ASKED, contents=PROMPT)

        assert answer.text == simulator.log[0].served.text
        assert answer.usage_metadata.total_token_count == 14

    async def test_keeps_thoughts_out_of_the_text(self, gemini, simulator):
        answer = await gemini.models.generate_content(
            model="sim-reasoning-tokens10-pace0", contents=PROMPT
        )

        assert answer.text == simulator.log[0].served.text
        assert answer.usage_metadata.thoughts_token_count > 0

    async def test_sends_its_system_instruction(self, gemini, simulator):
        await gemini.models.generate_content(
            model="sim-context-pace0",
            contents=PROMPT,
            config=types.GenerateContentConfig(system_instruction="Be brief."),
        )

        assert '{"role": "system", "content": "Be brief."}' in simulator.log[0].served.text

    @pytest.mark.parametrize(
        ("behaviour", "code", "status"),
        [
            ("401", 400, "INVALID_ARGUMENT"),
            ("403", 403, "PERMISSION_DENIED"),
            ("404", 404, "NOT_FOUND"),
            ("429", 429, "RESOURCE_EXHAUSTED"),
        ],
    )
    @pytest.mark.parametrize("stream", [True, False])
    async def test_reads_an_error(self, gemini, behaviour, code, status, stream):
        async def call() -> None:
            model = f"sim-{behaviour}"
            if not stream:
                await gemini.models.generate_content(model=model, contents=PROMPT)
                return
            chunks = await gemini.models.generate_content_stream(model=model, contents=PROMPT)
            async for _ in chunks:
                pass

        with pytest.raises(errors.ClientError) as caught:
            await call()

        assert (caught.value.code, caught.value.status) == (code, status)

    async def test_reads_an_overload(self, gemini):
        with pytest.raises(errors.ServerError) as caught:
            await gemini.models.generate_content(model="sim-503", contents=PROMPT)

        assert caught.value.status == "UNAVAILABLE"
