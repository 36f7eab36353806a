"""Every way to break a connection, seen from the other end of it."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]
END = {
    "openai": b"[DONE]",
    "kimi": b"[DONE]",
    "gemini": b"finishReason",
    "perplexity": b"response.completed",
}


def text_of(vendor: str, events: list[Any]) -> str:
    """The answer's text as an independent reader finds it."""
    if vendor == "gemini":
        return "".join(event["candidates"][0]["content"]["parts"][0]["text"] for event in events)
    if vendor == "perplexity":
        return "".join(event.get("delta", "") for event in events)
    return "".join(event["choices"][0]["delta"].get("content", "") for event in events)


class TestRefused:
    @pytest.mark.parametrize("behaviour", ["refused", "refused-close"])
    async def test_gives_not_one_byte(self, ask, simulator, behaviour):
        heard = await ask("openai", f"sim-{behaviour}")

        assert heard.status == 0
        assert heard.broke in ("ReadError", "RemoteProtocolError")
        assert simulator.log[0].served.status is None

    async def test_resets_the_connection(self, simulator):
        reader, writer = await asyncio.open_connection(*address(simulator))
        writer.write(raw_request("sim-refused"))

        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()


class TestSlowHeaders:
    async def test_come_after_the_wait_and_the_answer_is_normal(self, ask, simulator):
        begun = time.monotonic()
        heard = await ask("openai", "sim-slowheaders-wait200-pace0")

        assert time.monotonic() - begun >= 0.2
        assert (heard.status, simulator.log[0].served.finish) == (200, "stop")

    async def test_stay_away_while_it_waits(self, ask):
        request = ask.request("openai", "sim-slowheaders", "hello", True, "test-key", {})
        request.extensions["timeout"] = {"read": 0.2, "connect": 5, "write": 5, "pool": 5}

        with pytest.raises(httpx.ReadTimeout):
            await ask.client.send(request, stream=True)


class TestASlowFirstToken:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_is_bridged_by_comments(self, ask, simulator, vendor):
        heard = await ask(vendor, "sim-slowtoken-wait300-pace0")

        assert heard.body.startswith(b": keep-alive\n\n" * 3)
        assert simulator.log[0].served.finish == "stop"


class TestAStall:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_sends_so_many_deltas_and_then_nothing(self, ask, simulator, vendor):
        request = ask.request(vendor, "sim-stall-after2-pace0", "hello", True, "test-key", {})
        request.extensions["timeout"] = {"read": 0.3, "connect": 5, "write": 5, "pool": 5}

        response = await ask.client.send(request, stream=True)
        with pytest.raises(httpx.ReadTimeout):
            async for _ in response.aiter_raw():
                pass
        await response.aclose()

        assert simulator.log[0].served.deltas == 2
        assert simulator.log[0].served.finish is None

    async def test_ends_when_the_peer_leaves_and_the_log_knows_when(self, simulator):
        reader, writer = await asyncio.open_connection(*address(simulator))
        writer.write(raw_request("sim-stall-pace0"))
        await reader.readuntil(b"speaking")

        left = time.time()
        writer.close()
        await asyncio.wait_for(simulator.settled(), 5)

        entry = simulator.log[0]
        assert entry.peer_left_at is not None
        assert 0 <= entry.peer_left_at - left < 0.2


class TestAReplyWithoutItsEnd:
    FINISH = {
        "openai": b'"finish_reason":"stop"',
        "kimi": b'"finish_reason":"stop"',
        "gemini": b'"finishReason": "STOP"',
        "perplexity": b"response.completed",
    }

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_tells_its_finish_and_is_then_silent(self, ask, simulator, vendor):
        options = {"stream_options": {"include_usage": True}} if vendor == "openai" else {}
        request = ask.request(vendor, "sim-noend-pace0", "hello", True, "test-key", options)
        request.extensions["timeout"] = {"read": 0.3, "connect": 5, "write": 5, "pool": 5}
        parts: list[bytes] = []

        async def read() -> None:
            async for part in response.aiter_raw():
                parts.append(part)

        response = await ask.client.send(request, stream=True)
        with pytest.raises(httpx.ReadTimeout):
            await read()
        await response.aclose()

        body = b"".join(parts)
        assert self.FINISH[vendor] in body
        assert b"[DONE]" not in body
        served = simulator.log[0].served
        assert (served.finish, served.usage.output_tokens) == ("stop", 40)

    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize(
        ("kind", "broke"), [("close", "RemoteProtocolError"), ("reset", "ReadError")]
    )
    async def test_may_break_there(self, ask, vendor, kind, broke):
        heard = await ask(vendor, f"sim-noend-{kind}-pace0")

        assert self.FINISH[vendor] in heard.body
        assert heard.broke == broke


class TestACut:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_ends_cleanly_without_a_finish(self, ask, simulator, vendor):
        heard = await ask(vendor, "sim-cut-after4-pace0")

        assert heard.broke == ""
        assert END[vendor] not in heard.body
        assert text_of(vendor, heard.events) == simulator.log[0].served.text != ""
        assert simulator.log[0].served.finish is None

    async def test_may_be_abrupt(self, ask):
        heard = await ask("openai", "sim-cut-abrupt-pace0")

        assert heard.broke == "RemoteProtocolError"
        assert heard.body != b""

    async def test_of_a_whole_body_comes_in_its_middle(self, ask):
        heard = await ask("openai", "sim-cut-pace0", stream=False)

        assert heard.broke == "RemoteProtocolError"
        assert 0 < len(heard.body) < int(heard.headers["content-length"])


class TestAReset:
    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("stream", [True, False])
    async def test_breaks_the_connection_after_some_bytes(self, ask, vendor, stream):
        heard = await ask(vendor, "sim-reset-pace0", stream=stream)

        assert (heard.status, heard.broke) == (200, "ReadError")
        assert heard.body != b""


class TestAnUnreadableEvent:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_stands_in_the_middle_of_a_stream_that_goes_on(self, ask, simulator, vendor):
        heard = await ask(vendor, "sim-badevent-after3-tokens12-pace0")

        lines = [line[6:] for line in heard.body.splitlines() if line.startswith(b"data: {")]
        bad = [line for line in lines if not is_json(line)]
        assert len(bad) == 1
        assert END[vendor] in heard.body
        assert simulator.log[0].served.deltas == 6


class TestAnErrorInsideA200:
    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("deltas", [0, 3])
    async def test_comes_before_or_after_text_and_ends_the_stream(
        self, ask, simulator, vendor, deltas
    ):
        heard = await ask(vendor, f"sim-error-after{deltas}-pace0")

        assert heard.status == 200
        assert heard.events[-1]["error"]["message"]
        assert END[vendor] not in heard.body
        assert simulator.log[0].served.deltas == deltas

    async def test_is_a_failed_response_at_perplexity(self, ask):
        heard = await ask("perplexity", "sim-error")

        assert heard.events[-1]["type"] == "response.failed"

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_is_the_whole_body_without_a_stream(self, ask, vendor):
        heard = await ask(vendor, "sim-error-pace0", stream=False)

        assert heard.status == 200
        assert set(heard.json) == {"error"}


class TestAFlakyModel:
    async def test_fails_so_many_times_and_then_answers(self, ask):
        answers = [await ask("openai", "sim-flaky-2-503-pace0") for _ in range(4)]

        assert [heard.status for heard in answers] == [503, 503, 200, 200]

    async def test_counts_each_name_and_vendor_apart(self, ask):
        names = [
            ("openai", "sim-flaky-1-503-tagx"),
            ("openai", "sim-flaky-1-503-tagy"),
            ("kimi", "sim-flaky-1-503-tagx"),
        ]

        answers = [await ask(vendor, model) for vendor, model in names]

        assert [heard.status for heard in answers] == [503] * 3


class TestAConnection:
    async def test_carries_one_request_after_another(self, simulator):
        reader, writer = await asyncio.open_connection(*address(simulator))
        for _ in range(3):
            writer.write(raw_request("sim-ok-tokens2-pace0"))
            assert (await reader.readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        writer.close()

        assert len(simulator.log) == 3

    async def test_may_bring_two_requests_at_once(self, simulator):
        reader, writer = await asyncio.open_connection(*address(simulator))
        writer.write(raw_request("sim-ok-pace1") * 2)
        for _ in range(2):
            await reader.readuntil(b"[DONE]\n\n\r\n0\r\n\r\n")
        writer.close()

        assert [entry.peer_left_at for entry in simulator.log] == [None, None]

    async def test_that_speaks_no_http_is_told_so(self, simulator):
        reader, writer = await asyncio.open_connection(*address(simulator))
        writer.write(b"what is this\r\n\r\n")

        told = await asyncio.wait_for(reader.read(), 5)
        assert told.startswith(b"HTTP/1.1 400 Bad Request")
        writer.close()

    async def test_is_one_of_two_hundred_streams_at_once(self, simulator):
        async def one() -> bytes:
            reader, writer = await asyncio.open_connection(*address(simulator))
            writer.write(raw_request("sim-ok-pace10"))
            try:
                return await reader.readuntil(b"[DONE]")
            finally:
                writer.close()

        bodies = await asyncio.wait_for(asyncio.gather(*(one() for _ in range(200))), 15)

        assert len(bodies) == 200
        assert {entry.served.finish for entry in simulator.log} == {"stop"}


def is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def address(simulator) -> tuple[str, int]:
    url = httpx.URL(simulator.url)
    assert url.port is not None
    return url.host, url.port


def raw_request(model: str) -> bytes:
    body = json.dumps(
        {"model": model, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    )
    return (
        "POST /openai/v1/chat/completions HTTP/1.1\r\nhost: simulator\r\n"
        f"authorization: Bearer test-key\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    ).encode()
