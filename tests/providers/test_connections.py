"""A connection that fails or falls silent is told from one that works, and is closed when we leave."""

import asyncio
import socket
import ssl
from contextlib import ExitStack, aclosing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from routing.providers.base import Endpoint
from routing.providers.errors import TimedOut, Unreachable
from routing.providers.messages import Deadlines, TextDelta
from routing.providers.registry import WIRES
from tests.providers.chats import GOOD, chat, error_of, said
from tests.providers.outcomes import PATIENT, QUICK, call, request
from tests.providers.vendor import (
    CUT,
    DRIP,
    END,
    HANG,
    RESET,
    Step,
    chunk,
    free_port,
    head,
    reply,
    vendor,
)

pytestmark = pytest.mark.anyio


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
