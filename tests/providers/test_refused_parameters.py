"""A vendor refuses a parameter which only the wire added: the refusal says which."""

import json

import pytest

from routing.providers.error_report import classify
from routing.providers.errors import ContextTooLong, InvalidRequest, ParameterRefused, Remedy
from routing.providers.messages import ChatRequest, Message
from routing.providers.refusals import Refusals
from tests.providers.asked_again import ASKED, error_of, said
from tests.providers.outcomes import call
from tests.providers.vendor import reply, vendor

pytestmark = pytest.mark.anyio

FASTAPI = {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}
MISTRAL = {
    "object": "error",
    "message": [
        {"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs"}
    ],
    "code": 3001,
}


class TestARefusalOfAParameter:
    @pytest.mark.parametrize(
        ("wire", "status", "body", "name"),
        [
            ("chat_completions", 400, said("no", "stream_options"), "stream_options"),
            ("chat_completions", 400, said("no", "stream_options.include_usage"), "stream_options"),
            ("chat_completions", 400, said("Unknown parameter stream_options"), "stream_options"),
            ("chat_completions", 422, FASTAPI, "stream_options"),
            ("chat_completions", 422, MISTRAL, "stream_options"),
            (
                "chat_completions",
                400,
                said("Validation error at #/stream_options: Extra inputs are not permitted"),
                "stream_options",
            ),
            (
                "chat_completions",
                400,
                said("Unrecognized request argument supplied: max_completion_tokens"),
                "max_completion_tokens",
            ),
            (
                "chat_completions",
                400,
                b"unknown field `max_completion_tokens` at line 1",
                "max_completion_tokens",
            ),
            (
                "chat_completions",
                400,
                said("max_tokens is too large: 100000. At most 16384.", "max_tokens"),
                "max_completion_tokens",
            ),
            (
                "chat_completions",
                400,
                said("`max_completion_tokens` must be less than or equal to `8192`"),
                "max_completion_tokens",
            ),
            (
                "chat_completions",
                400,
                said(
                    "'max_tokens' or 'max_completion_tokens' is too large: 100000. This model's "
                    "maximum context length is 4096 tokens."
                ),
                "max_completion_tokens",
            ),
            (
                "chat_completions",
                500,
                said("unexpected keyword argument 'stream_options'"),
                "stream_options",
            ),
            ("kimi", 400, said("invalid max_tokens"), "max_completion_tokens"),
            (
                "sonar",
                400,
                said(
                    "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                    "'max_completion_tokens' instead.",
                    "max_tokens",
                ),
                "max_tokens",
            ),
            (
                "responses",
                400,
                {"error": {"message": "max_output_tokens must be <= 8192", "code": 400}},
                "max_output_tokens",
            ),
            (
                "responses",
                400,
                said("For this model the parameter max_output_tokens is not supported."),
                "max_output_tokens",
            ),
            ("responses", 400, said("no", "tools"), "tools"),
            ("responses", 400, said("web_search is not supported by this model"), "tools"),
            (
                "gemini",
                400,
                {
                    "error": {
                        "code": 400,
                        "status": "INVALID_ARGUMENT",
                        "message": "Unable to submit request because it has a maxOutputTokens value "
                        "of 100000 but the supported range is from 1 (inclusive) to 65537 "
                        "(exclusive). Update the value and try again.",
                    }
                },
                "maxOutputTokens",
            ),
        ],
    )
    async def test_names_it(self, wire, status, body, name):
        error = await error_of(wire, body, status)
        assert isinstance(error, ParameterRefused), repr(error)
        assert (error.parameter, error.remedy) == (name, Remedy.ADAPT)

    async def test_may_come_inside_a_200(self):
        event = json.dumps(said("Unrecognized request argument supplied: stream_options"))
        async with vendor(reply(b"data: " + event.encode() + b"\n\n")) as one:
            outcome = await call("chat_completions", one.base_url, ASKED)
        assert isinstance(outcome.error, ParameterRefused)
        assert outcome.error.parameter == "stream_options"

    @pytest.mark.parametrize(
        ("wire", "without", "body"),
        [
            ("chat_completions", "stream_options", said("Unknown parameter stream_options")),
            ("chat_completions", "max_completion_tokens max_tokens", said("no", "max_tokens")),
            ("responses", "tools", said("no", "tools")),
            ("gemini", "maxOutputTokens", said("maxOutputTokens value of 1 but ...")),
            (
                "chat_completions",
                "system_role developer_role",
                said("'messages[0].role' does not support 'system'", "messages[0].role"),
            ),
        ],
    )
    async def test_of_what_was_not_sent_is_an_invalid_request(self, wire, without, body):
        error = await error_of(wire, body, without=without)
        assert isinstance(error, InvalidRequest)
        assert not isinstance(error, ParameterRefused)

    @pytest.mark.parametrize(
        "message",
        [
            "This model's maximum context length is 4096 tokens.",
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        ],
    )
    async def test_is_not_one_of_the_prompts_length(self, message):
        assert isinstance(await error_of("chat_completions", said(message)), ContextTooLong)

    async def test_is_not_a_crash_that_prints_the_request(self):
        error = await error_of(
            "chat_completions", said("died at SamplingParams(max_tokens=9)"), 500
        )
        assert error.code == "server_error"

    @pytest.mark.parametrize(
        ("message", "param"),
        [
            ("bad messages; and max_tokens is only a word here", "messages"),
            ("the tools of the trade", None),
            ("no", "model"),
        ],
    )
    async def test_is_not_one_that_is_about_something_else(self, message, param):
        error = await error_of("responses", said(message, param))
        assert isinstance(error, InvalidRequest)
        assert not isinstance(error, ParameterRefused)


class TestAnInvalidRequest:
    @pytest.mark.parametrize(
        ("wire", "message", "param", "field"),
        [
            ("chat_completions", "bad", "temperature", "temperature"),
            ("kimi", "invalid temperature: only 1 is allowed", None, "temperature"),
            ("responses", "Unknown parameter: 'reasoning.effort'.", None, "reasoning.effort"),
            ("responses", "top_k must be <= 40", None, "top_k"),
            ("gemini", 'Unknown name "topQ": Cannot find field.', None, "topQ"),
            ("gemini", "it has a topK value of 99 but the supported range is ...", None, "topK"),
            ("gemini", "Request contains an invalid argument.", None, None),
            ("chat_completions", "bad", "a piece of somebody's prompt", None),
        ],
    )
    async def test_keeps_the_field_that_it_mentions(self, wire, message, param, field):
        error = await error_of(wire, said(message, param))
        assert isinstance(error, InvalidRequest)
        assert error.param == field


class TestAParameterOfANewVendor:
    """Whatever a wire says that it added is known by its own name."""

    @pytest.mark.parametrize(
        "body",
        [
            {"error": {"message": "no", "param": "limit"}},
            {"detail": [{"loc": ["body", "limit"], "msg": "Extra inputs are not permitted"}]},
            {"error": {"message": "unknown parameter: limit"}},
        ],
    )
    def test_is_found_where_the_refusal_names_it(self, body):
        refusals = Refusals(classify=lambda report: classify(report, {}), sent=("limit",))

        error = refusals.of_reply(400, {}, json.dumps(body).encode())

        assert isinstance(error, ParameterRefused)
        assert error.parameter == "limit"

    def test_is_not_taken_for_another_field(self):
        refusals = Refusals(classify=lambda report: classify(report, {}), sent=("limit",))

        error = refusals.of_reply(400, {}, b'{"error":{"message":"no","param":"temperature"}}')

        assert isinstance(error, InvalidRequest)
        assert not isinstance(error, ParameterRefused)


class TestThoughtsAskedOfGemini:
    async def test_are_left_out_for_a_model_that_cannot_think(self):
        said = {
            "error": {
                "code": 400,
                "message": "Thinking_config.include_thoughts is only enabled when thinking is enabled.",
                "status": "INVALID_ARGUMENT",
            }
        }
        asked = ChatRequest(model="m", messages=(Message("user", "hello"),), thinks=True)
        async with vendor(reply(json.dumps(said).encode(), 400)) as one:
            outcome = await call("gemini", one.base_url, asked)

        assert isinstance(outcome.error, ParameterRefused)
        assert outcome.error.parameter == "thinkingConfig"
