"""What breaks at a vendor comes out as the one error that says what to do about it."""

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import Sequence
from contextlib import ExitStack, aclosing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from routing.providers import call as shared
from routing.providers.base import Endpoint
from routing.providers.errors import (
    Overloaded,
    ProtocolViolated,
    ProviderError,
    RateLimited,
    ServerError,
    StreamCut,
    TimedOut,
    Unreachable,
)
from routing.providers.messages import Deadlines, TextDelta
from routing.providers.registry import WIRES
from tests.providers.outcomes import PATIENT, QUICK, Outcome, call, request
from tests.providers.vendor import CUT, DRIP, END, HANG, RESET, Step, chunk, head, reply, vendor

pytestmark = pytest.mark.anyio


def said(words: str, finish: str | None = None) -> bytes:
    delta = {"content": words} if words else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


@pytest.fixture
def self_signed(tmp_path) -> ssl.SSLContext:
    """A vendor's certificate that only the vendor itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vendor")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "vendor.pem"
    file.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


GOOD = said("fine") + said("", "stop") + b"data: [DONE]\n\n"


async def chat(script: Sequence[Step], deadlines: Deadlines = QUICK) -> Outcome:
    async with vendor(script) as one:
        return await call("chat_completions", one.base_url, deadlines=deadlines)


async def error_of(script: Sequence[Step], deadlines: Deadlines = QUICK) -> ProviderError:
    outcome = await chat(script, deadlines)
    assert outcome.error is not None, outcome.events
    return outcome.error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class TestAConnection:
    async def test_refused_is_unreachable(self):
        outcome = await call("chat_completions", f"http://127.0.0.1:{free_port()}/v1")
        assert isinstance(outcome.error, Unreachable)

    async def test_to_no_host_is_unreachable(self):
        outcome = await call("chat_completions", "http://vendor.invalid/v1")
        assert isinstance(outcome.error, Unreachable)

    async def test_to_one_whose_name_nobody_vouches_for_is_unreachable(self, self_signed):
        async with vendor(reply(GOOD), self_signed) as one:
            outcome = await call("chat_completions", f"https://127.0.0.1:{one.port}/v1")
        assert isinstance(outcome.error, Unreachable)
        assert one.asked == []

    async def test_to_an_address_that_is_none_is_unreachable(self):
        outcome = await call("chat_completions", "http://[::/v1")
        assert isinstance(outcome.error, Unreachable)

    async def test_that_hangs_times_out_as_connect(self):
        with ExitStack() as open_sockets:
            full = open_sockets.enter_context(socket.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):  # fills the backlog: the next one waits for an accept for ever
                waiting = open_sockets.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
            deadlines = Deadlines(connect_s=0.2, first_token_s=30, idle_s=30)
            outcome = await call("chat_completions", url, deadlines=deadlines)
        assert isinstance(outcome.error, TimedOut)
        assert outcome.error.phase == "connect"

    async def test_closed_before_a_byte_of_the_reply_is_unreachable(self):
        assert isinstance(await error_of([CUT]), Unreachable)

    async def test_reset_before_a_byte_of_the_reply_is_unreachable(self):
        assert isinstance(await error_of([RESET]), Unreachable)

    async def test_is_used_again_after_a_whole_answer(self):
        async with vendor(reply(GOOD)) as one:
            for _ in range(3):
                await call("chat_completions", one.base_url)
            assert (len(one.asked), one.connections) == (3, 1)


class TestSilence:
    async def test_before_the_headers_is_a_first_token_timeout(self):
        error = await error_of([HANG])
        assert isinstance(error, TimedOut)
        assert error.phase == "first_token"

    async def test_before_the_first_word_is_a_first_token_timeout(self):
        error = await error_of([head(), HANG])
        assert isinstance(error, TimedOut)
        assert error.phase == "first_token"

    async def test_after_a_word_is_an_idle_timeout(self):
        error = await error_of([head(), chunk(said("one")), HANG])
        assert isinstance(error, TimedOut)
        assert error.phase == "idle"

    async def test_is_measured_by_the_first_words_limit_only_until_they_came(self):
        script = [head(), chunk(said("one")), HANG]
        error = await error_of(script, Deadlines(first_token_s=60, idle_s=0.1))
        assert isinstance(error, TimedOut)

    async def test_begins_anew_with_every_word(self):
        script: list[Step] = [head()]
        for _ in range(8):
            script += [0.1, chunk(said("x"))]
        outcome = await chat([*script, chunk(GOOD), END], QUICK)
        assert outcome.text == "xxxxxxxxfine"

    @pytest.mark.parametrize("before", [b"", chunk(said("one"))], ids=["first_token", "idle"])
    async def test_is_not_broken_by_comments(self, before):
        assert isinstance(await error_of([head(), before, DRIP]), TimedOut)

    async def test_is_not_broken_by_events_that_say_nothing(self):
        empty = chunk(said(""))
        assert isinstance(await error_of([head(), *[empty] * 50, HANG]), TimedOut)

    async def test_of_the_reader_is_not_the_vendors(self):
        script = [head(), chunk(said("one")), chunk(said("two") + GOOD), END]
        async with vendor(script) as one:
            endpoint = Endpoint(base_url=one.base_url, deadlines=QUICK)
            words = []
            async with aclosing(
                WIRES["chat_completions"].make(endpoint).stream(request())
            ) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        words.append(event.text)
                        await asyncio.sleep(2 * QUICK.idle_s)
        assert words == ["one", "two", "fine"]

    async def test_after_done_ends_the_answer_at_once(self):
        outcome = await chat([head(), chunk(GOOD), HANG], PATIENT)
        assert outcome.finished.finish_reason == "stop"

    async def test_after_a_finish_reason_does_not_undo_the_answer(self):
        outcome = await chat([head(), chunk(said("fine") + said("", "stop")), HANG])
        assert outcome.finished.finish_reason == "stop"


class TestAStreamThatBreaks:
    async def test_by_a_close_is_cut_and_keeps_its_words(self):
        outcome = await chat([head(), chunk(said("half")), CUT])
        assert isinstance(outcome.error, StreamCut)
        assert outcome.text == "half"

    async def test_by_a_reset_is_cut(self):
        assert isinstance(await error_of([head(), chunk(said("half")), RESET]), StreamCut)

    async def test_inside_an_event_is_cut(self):
        outcome = await chat([head(), chunk(said("half") + said("lost")[:30]), END, CUT])
        assert isinstance(outcome.error, StreamCut)

    async def test_short_of_its_content_length_is_cut(self):
        start = (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
        )
        assert isinstance(await error_of([start + said("half"), CUT]), StreamCut)

    async def test_tells_the_usage_it_had_reported(self):
        body = b'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":1}}\n\n'
        error = await error_of([head(), chunk(body), CUT])
        assert error.usage is not None
        assert error.usage.input_tokens == 4

    @pytest.mark.parametrize("wire", ["responses", "gemini"])
    async def test_is_cut_on_every_wire(self, wire):
        async with vendor([head(), chunk(b": open\n\n"), CUT]) as one:
            outcome = await call(wire, one.base_url, deadlines=QUICK)
        assert isinstance(outcome.error, StreamCut)


class TestABodyThatIsNoAnswer:
    async def test_compressed_is_a_violation_unread(self):
        bomb = gzip.compress(bytes(50_000_000))
        error = await error_of(reply(bomb, content_encoding="gzip"))
        assert isinstance(error, ProtocolViolated)

    async def test_a_page_is_a_violation(self):
        error = await error_of(reply(b"\n<!doctype html><p>Sign in</p>", content_type="text/html"))
        assert isinstance(error, ProtocolViolated)
        assert error.in_band

    async def test_a_line_without_end_is_a_violation(self):
        line = chunk(b"data: " + b"x" * (1024 * 1024))
        error = await error_of([head(), *[line] * 9, HANG], PATIENT)
        assert isinstance(error, ProtocolViolated)

    async def test_no_http_is_a_violation(self):
        assert isinstance(await error_of([b"SSH-2.0-server\r\n\r\n", CUT]), ProtocolViolated)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    async def test_a_redirect_is_refused(self, status):
        async with vendor() as other, vendor() as one:
            one.script = reply(b"", status, location=other.base_url)
            outcome = await call("chat_completions", one.base_url)
            assert isinstance(outcome.error, ProtocolViolated)
            assert other.asked == []

    async def test_an_error_object_with_status_200_is_the_error_it_names(self):
        error = await error_of(reply(b'{"error": {"message": "no", "code": 503}}'))
        assert isinstance(error, Overloaded)
        assert error.in_band

    async def test_bytes_that_are_not_utf_8_become_replacement_characters(self):
        outcome = await chat(reply(said("a?b").replace(b"?", b"\xff") + GOOD))
        assert outcome.text == "a\ufffdbfine"

    async def test_nested_without_end_is_an_unreadable_event(self):
        outcome = await chat(reply(b"data: " + b"[" * 100_000 + b"\n\n" + GOOD))
        assert outcome.finished.unreadable_events == 1


class TestAnAnswerTooLong:
    async def test_ends_at_the_cap_on_its_text(self):
        words = said("é" * 200_000)  # json escapes it, so that the event is six bytes a letter
        outcome = await chat([head(), *[chunk(words)] * 6, HANG], PATIENT)
        assert outcome.finished.truncated_reason == "size_cap"
        assert len(outcome.text.encode()) == shared.MAX_TEXT_BYTES

    async def test_ends_at_the_cap_on_all_its_bytes(self):
        noise = chunk(b": " + b"x" * (1024 * 1024) + b"\n")
        outcome = await chat([head(), chunk(said("one")), *[noise] * 65, HANG], PATIENT)
        assert outcome.finished.truncated_reason == "size_cap"

    async def test_closes_the_connection(self):
        async with vendor([head(), *[chunk(said("x" * 500_000))] * 5, HANG]) as one:
            await call("chat_completions", one.base_url)
            await asyncio.wait_for(one.left.wait(), 5)


class TestAnErrorReply:
    @pytest.mark.parametrize(
        ("headers", "body", "seconds"),
        [
            ({"retry_after": "7"}, b"", 7.0),
            ({"retry_after": "0.25"}, b"", 0.25),
            ({"retry_after": "0"}, b"", 0.0),
            ({"retry_after": "999999"}, b"", 999999.0),
            ({"retry_after": "-1"}, b"", None),
            ({"retry_after": "soon"}, b"", None),
            ({"retry_after_ms": "40", "retry_after": "9"}, b"", 0.04),
            (
                {
                    "date": "Sun, 06 Nov 1994 08:49:37 GMT",
                    "retry_after": "Sun, 06 Nov 1994 08:50:37 GMT",
                },
                b"",
                60.0,
            ),
            (
                {
                    "date": "Sun, 06 Nov 1994 08:49:37 GMT",
                    "retry_after": "Sun, 06 Nov 1994 08:40:00 GMT",
                },
                b"",
                None,
            ),
            (
                {
                    "x_ratelimit_remaining_requests": "9",
                    "x_ratelimit_reset_requests": "8h",
                    "x_ratelimit_remaining_tokens": "0",
                    "x_ratelimit_reset_tokens": "1m30s",
                },
                b"",
                90.0,
            ),
            ({}, b'{"error":{"message":"Please try again in 6ms."}}', 0.006),
            ({}, b'{"error":{"message":"please try again after 1 seconds"}}', 1.0),
            ({}, b'{"error":{"message":"try again in 2 minutes 5s, please"}}', 125.0),
            ({}, b"", None),
        ],
    )
    async def test_tells_when_to_ask_again(self, headers, body, seconds):
        error = await error_of(reply(body, 429, content_type="application/json", **headers))
        assert isinstance(error, RateLimited)
        assert error.retry_after_s == seconds

    async def test_is_read_up_to_a_cap(self):
        page = chunk(b"<html>" + b"sorry " * 20_000)
        error = await error_of([head(500, "text/html"), page, HANG], PATIENT)
        assert isinstance(error, ServerError)

    async def test_that_stalls_in_its_body_is_known_by_its_status(self):
        error = await error_of([head(503), chunk(b'{"error"'), HANG])
        assert isinstance(error, Overloaded)

    async def test_never_repeats_the_vendors_words(self):
        body = b'{"error":{"message":"your key is test-key","type":"odd"}}'
        assert "test-key" not in str(await error_of(reply(body, 401)))


class TestLeaving:
    async def test_closes_the_connection_to_the_vendor(self):
        async with vendor([head(), chunk(said("one")), HANG]) as one:
            endpoint = Endpoint(base_url=one.base_url)
            async with aclosing(
                WIRES["chat_completions"].make(endpoint).stream(request())
            ) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        break
            await asyncio.wait_for(one.left.wait(), 5)

    async def test_by_cancelling_closes_it_too(self):
        async with vendor([head(), chunk(said("one")), HANG]) as one:
            task = asyncio.create_task(call("chat_completions", one.base_url))
            await asyncio.wait_for(one.arrived.wait(), 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(one.left.wait(), 5)
