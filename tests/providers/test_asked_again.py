"""A vendor that refuses a role or a parameter is asked again without it."""

import pytest

from routing.providers.errors import InvalidRequest, ParameterRefused
from routing.providers.messages import ChatRequest, Message
from tests.providers.asked_again import asked_of, error_of, said

pytestmark = pytest.mark.anyio


class TestARefusalOfARole:
    @pytest.mark.parametrize(
        ("message", "param"),
        [
            (
                "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                "messages[0].role",
            ),
            ("'messages[0].role' does not support 'system' with this model.", None),
            ("System role not supported", None),
            ("role 'system' is not supported on this model", None),
            ("This model does not support system messages.", None),
            ("Only user and assistant roles are supported!", None),
            ("[{'loc': ('body','messages',0,'role'), 'msg': '...', 'input': 'system'}]", None),
        ],
    )
    async def test_system_is_one_of_a_parameter(self, message, param):
        error = await error_of("chat_completions", said(message, param))
        assert isinstance(error, ParameterRefused), repr(error)
        assert error.parameter == "system_role"

    async def test_may_come_from_a_template_as_a_500(self):
        error = await error_of("chat_completions", said("System role not supported"), 500)
        assert isinstance(error, ParameterRefused)

    @pytest.mark.parametrize(
        ("message", "param"),
        [
            (
                "messages[0].role: unknown variant `developer`, expected one of `system`, `user`, "
                "`assistant`, `tool`",
                None,
            ),
            (
                "Invalid enum value. Expected 'system' | 'user' | 'assistant' | 'tool', received "
                "'developer'",
                "messages.0.role",
            ),
            (
                "developer is not one of ['system', 'assistant', 'user'] - 'messages.['0].role'",
                None,
            ),
            ("invalid role 'developer', must be one of: system, user, assistant, tool", None),
            ("The parameter `messages.role` is not valid: invalid value: `developer`", None),
        ],
    )
    async def test_developer_is_one_of_a_parameter(self, message, param):
        error = await error_of("chat_completions", said(message, param), without="system_role")
        assert isinstance(error, ParameterRefused), repr(error)
        assert error.parameter == "developer_role"

    @pytest.mark.parametrize(
        "message",
        ["After the optional system message, roles must alternate", "the system is not well"],
    )
    async def test_is_not_every_mention_of_it(self, message):
        error = await error_of("chat_completions", said(message))
        assert isinstance(error, InvalidRequest)
        assert not isinstance(error, ParameterRefused)

    @pytest.mark.parametrize(
        "message",
        [
            "Developer instruction is not enabled for models/gemma-3-27b-it",
            "System instruction is not supported for this model",
        ],
    )
    async def test_is_understood_of_gemini(self, message):
        error = await error_of("gemini", said(message))
        assert isinstance(error, ParameterRefused), repr(error)
        assert error.parameter == "system_role"


class TestTheNextRequest:
    async def test_names_the_cap_otherwise_and_then_not_at_all(self):
        first = await asked_of("chat_completions")
        second = await asked_of("chat_completions", "max_completion_tokens")
        third = await asked_of("chat_completions", "max_completion_tokens max_tokens")
        caps = [
            sorted(name for name in body if "tokens" in name) for body in (first, second, third)
        ]
        assert caps == [["max_completion_tokens"], ["max_tokens"], []]

    async def test_names_it_otherwise_the_other_way_round_too(self):
        assert "max_completion_tokens" in await asked_of("sonar", "max_tokens")

    @pytest.mark.parametrize(
        ("wire", "name"),
        [
            ("chat_completions", "stream_options"),
            ("responses", "max_output_tokens"),
            ("responses", "tools"),
        ],
    )
    async def test_lacks_what_was_refused(self, wire, name):
        assert name in await asked_of(wire)
        assert name not in await asked_of(wire, name)

    async def test_lacks_geminis_cap(self):
        assert "generationConfig" not in await asked_of("gemini", "maxOutputTokens")

    @pytest.mark.parametrize(
        ("without", "messages"),
        [
            ("", [("system", "Be brief."), ("user", "hello")]),
            ("developer_role", [("system", "Be brief."), ("user", "hello")]),
            ("system_role", [("developer", "Be brief."), ("user", "hello")]),
            ("system_role developer_role", [("user", "Be brief.\n\nhello")]),
        ],
    )
    async def test_says_the_system_message_as_it_is_taken(self, without, messages):
        body = await asked_of("chat_completions", without)
        assert [(m["role"], m["content"]) for m in body["messages"]] == messages

    async def test_says_geminis_instruction_in_the_first_message(self):
        body = await asked_of("gemini", "system_role")
        assert "systemInstruction" not in body
        assert body["contents"] == [{"role": "user", "parts": [{"text": "Be brief.\n\nhello"}]}]

    async def test_folds_a_system_message_that_stands_alone(self):
        alone = ChatRequest(model="m", messages=(Message("system", "Go on."),))
        body = await asked_of("chat_completions", "system_role developer_role", alone)
        assert body["messages"] == [{"role": "user", "content": "Go on."}]
