"""What holds for every call, whichever wire makes it."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from routing.providers import call as shared
from routing.providers.answer import Answer
from routing.providers.base import Endpoint
from routing.providers.errors import ProtocolViolated
from routing.providers.messages import Deadlines, StreamEvent
from routing.providers.registry import WIRES
from tests.providers.vendor import HANG, free_port, reply, vendor

pytestmark = pytest.mark.anyio

SECRET = "the prompt and the key"


class Failing:
    """A decoder with a defect."""

    def __init__(self, error: BaseException) -> None:
        self.answer = Answer()
        self.done = self.complete = False
        self._error = error

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        raise self._error

    def finish(self) -> Iterator[StreamEvent]:
        raise self._error


def failing_classify(*_: object) -> ProtocolViolated:
    raise ValueError(SECRET)


async def error_of(decoder: Failing, status: int = 200) -> BaseException:
    async with vendor(reply(b"data: {}\n\n", status)) as one:
        asked = shared.Call(url=one.base_url, headers={}, body={}, deadlines=Deadlines())
        try:
            [event async for event in shared.run(asked, decoder, failing_classify)]
        except BaseException as error:
            return error
    raise AssertionError("no error")


class TestADefectOfAWire:
    @pytest.mark.parametrize(
        "defect", [ValueError(SECRET), KeyError(SECRET), RecursionError(SECRET), TypeError(SECRET)]
    )
    async def test_is_a_protocol_error(self, defect):
        error = await error_of(Failing(defect))
        assert isinstance(error, ProtocolViolated)
        assert SECRET not in str(error) + repr(error)
        assert error.__cause__ is None
        assert error.__suppress_context__

    async def test_in_reading_a_refusal_is_one_too(self):
        assert isinstance(await error_of(Failing(ValueError()), 500), ProtocolViolated)

    async def test_is_logged_by_its_class_alone(self, caplog):
        with caplog.at_level(logging.DEBUG):
            await error_of(Failing(KeyError(SECRET)))
        lines = [r.getMessage() for r in caplog.records if r.name.startswith("routing.")]
        assert lines == ["A wire failed with KeyError"]
        assert SECRET not in caplog.text

    async def test_is_not_what_a_cancel_is(self):
        assert isinstance(await error_of(Failing(asyncio.CancelledError())), asyncio.CancelledError)

    async def test_keeps_the_usage_known_by_then(self):
        from_usage = Failing(ValueError())
        from_usage.answer.raw_finish_reason = "stop"
        error = await error_of(from_usage)
        assert isinstance(error, ProtocolViolated)
        assert error.raw_finish_reason == "stop"


def test_a_call_shows_neither_its_headers_nor_its_body():
    shown = repr(
        shared.Call(
            url="http://v/v1", headers={"a": SECRET}, body={"b": SECRET}, deadlines=Deadlines()
        )
    )
    assert SECRET not in shown
    assert "http://v/v1" in shown


class TestBeingAlive:
    WIRES = ("chat_completions", "kimi", "responses", "gemini")

    async def ask(self, wire: str, base_url: str, key: str = "test-key") -> bool | None:
        is_alive = WIRES[wire].is_alive
        assert is_alive is not None
        return await is_alive(Endpoint(base_url=base_url, api_key=key))

    @pytest.mark.parametrize("wire", WIRES)
    async def test_is_asked_of_the_list_of_models(self, wire):
        async with vendor(reply(b"{}")) as one:
            assert await self.ask(wire, one.base_url) is True
        asked = one.asked[0]
        assert (asked.method, asked.path, asked.body) == ("GET", "/v1/models", b"")
        name = "x-goog-api-key" if wire == "gemini" else "authorization"
        assert asked.headers[name].endswith("test-key")

    @pytest.mark.parametrize(
        ("status", "alive"),
        [
            (200, True),
            (201, True),
            (401, True),
            (403, True),
            (404, None),
            (405, None),
            (429, None),
            (302, None),
            (500, False),
            (503, False),
        ],
    )
    async def test_is_read_from_the_status(self, status, alive):
        async with vendor(reply(b"", status)) as one:
            assert await self.ask("chat_completions", one.base_url) is alive

    async def test_is_denied_by_a_refused_connection(self):
        assert await self.ask("gemini", f"http://127.0.0.1:{free_port()}/v1") is False

    async def test_is_denied_by_silence(self, monkeypatch):
        monkeypatch.setattr("routing.providers.liveness.TIMEOUT_S", 0.2)
        async with vendor([HANG]) as one:
            assert await self.ask("responses", one.base_url) is False

    async def test_cannot_be_told_with_a_key_that_no_header_holds(self):
        async with vendor(reply(b"")) as one:
            assert await self.ask("chat_completions", one.base_url, "test\nkey") is None
        assert one.asked == []

    async def test_needs_no_key(self):
        async with vendor(reply(b"{}")) as one:
            assert await self.ask("chat_completions", one.base_url, "") is True
        assert "authorization" not in one.asked[0].headers
