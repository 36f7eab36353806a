"""What breaks inside a vendor's reply comes out as the one error that says what to do about it."""

import asyncio
import gzip

import pytest

from routing.providers import call as shared
from routing.providers.errors import (
    Overloaded,
    ProtocolViolated,
    RateLimited,
    ServerError,
    StreamCut,
)
from tests.providers.chats import GOOD, chat, error_of, said
from tests.providers.outcomes import PATIENT, QUICK, call
from tests.providers.vendor import CUT, END, HANG, RESET, chunk, head, reply, vendor

pytestmark = pytest.mark.anyio


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
