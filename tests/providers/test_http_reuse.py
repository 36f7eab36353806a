"""A connection that the vendor closed while nobody used it costs the caller nothing."""

import asyncio

import pytest

from routing.providers import http
from routing.providers.errors import KeyRefused, StreamCut, TimedOut, Unreachable
from routing.providers.messages import Deadlines
from tests.providers.outcomes import PATIENT
from tests.providers.vendor import (
    CUT,
    END,
    HANG,
    RESET,
    Step,
    Vendor,
    chunk,
    head,
    reply,
    vendor,
)

pytestmark = pytest.mark.anyio


async def post(one: Vendor, deadlines: Deadlines = PATIENT) -> bytes:
    async with http.post(
        f"{one.base_url}/chat", headers={}, body=b"{}", deadlines=deadlines
    ) as answer:
        return b"".join([part async for part in answer.chunks()])


class TestAReusedConnection:
    """`then` is what the vendor does on the old connection with the second request."""

    @pytest.mark.parametrize("then", [[CUT], [RESET]], ids=["closed", "reset"])
    async def test_that_broke_before_a_byte_is_replaced_unseen(self, then):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.plans = [then, reply(b"two")]
            assert await post(one) == b"two"

        assert (len(one.asked), one.connections) == (3, 2)
        assert [asked.body for asked in one.asked] == [b"{}"] * 3

    async def test_closed_after_each_reply_without_a_word_is_replaced_unseen(self):
        async with vendor([*reply(b"fine"), CUT]) as one:
            assert [await post(one) for _ in range(20)] == [b"fine"] * 20

        assert len(one.asked) == 20

    async def test_closed_by_a_vendor_that_restarted_is_replaced_unseen_by_all_at_once(self):
        slow: list[Step] = [head(), 0.05, chunk(b"fine"), END]
        async with vendor(slow) as one:
            await asyncio.gather(*(post(one) for _ in range(10)))
            one.close_all()
            bodies = await asyncio.gather(*(post(one) for _ in range(10)))

        assert bodies == [b"fine"] * 10

    async def test_is_replaced_by_a_new_one_though_others_lie_idle(self):
        slow: list[Step] = [head(), 0.05, chunk(b"fine"), END]
        async with vendor(slow) as one:
            await asyncio.gather(*(post(one) for _ in range(3)))
            one.plans = [[CUT], reply(b"two")]
            assert await post(one) == b"two"

        assert one.connections == 4

    async def test_is_replaced_once_only(self):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.script = [CUT]
            with pytest.raises(Unreachable):
                await post(one)

        assert (len(one.asked), one.connections) == (3, 2)

    async def test_that_broke_within_the_head_of_the_reply_is_unreachable(self):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.script = [b"HTTP/1.1 200 OK\r\ncontent-ty", CUT]
            with pytest.raises(Unreachable):
                await post(one)

        assert len(one.asked) == 2

    async def test_that_broke_within_the_body_is_cut(self):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.script = [head(), chunk(b"half"), CUT]
            with pytest.raises(StreamCut):
                await post(one)

        assert len(one.asked) == 2

    async def test_that_the_vendor_dropped_after_a_while_is_unreachable(self):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.script = [0.3, CUT]
            with pytest.raises(Unreachable):
                await post(one, Deadlines(connect_s=0.1, first_token_s=9, idle_s=9))

        assert len(one.asked) == 2

    async def test_that_is_silent_times_out_and_is_not_asked_again(self):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.script = [HANG]
            with pytest.raises(TimedOut, match="first_token"):
                await post(one, Deadlines(first_token_s=0.1))

        assert len(one.asked) == 2


class TestANewConnection:
    @pytest.mark.parametrize("then", [[CUT], [RESET]], ids=["closed", "reset"])
    async def test_that_breaks_is_unreachable_at_once(self, then):
        async with vendor(then) as one:
            with pytest.raises(Unreachable):
                await post(one)

        assert len(one.asked) == 1


class TestGettingAStatus:
    async def test_tells_the_status_and_leaves_the_body(self):
        async with vendor([head(401), chunk(b"x" * 1000), HANG]) as one:
            status = await http.get_status(
                f"{one.base_url}/models", headers={"authorization": "Bearer k"}, timeout_s=5
            )
            await asyncio.wait_for(one.left.wait(), 5)

        assert status == 401
        (asked,) = one.asked
        assert (asked.method, asked.path, asked.body) == ("GET", "/v1/models", b"")
        assert asked.headers["authorization"] == "Bearer k"

    async def test_follows_no_redirect(self):
        async with vendor() as other, vendor() as one:
            one.script = reply(b"", 302, location=other.base_url)
            status = await http.get_status(one.base_url, headers={}, timeout_s=5)

        assert (status, other.asked) == (302, [])

    @pytest.mark.parametrize("then", [[CUT], [RESET]], ids=["closed", "reset"])
    async def test_of_nobody_is_unreachable(self, then):
        async with vendor(then) as one:
            with pytest.raises(Unreachable):
                await http.get_status(one.base_url, headers={}, timeout_s=5)

    async def test_of_a_silent_vendor_times_out(self):
        async with vendor([HANG]) as one:
            with pytest.raises(TimedOut):
                await http.get_status(one.base_url, headers={}, timeout_s=0.1)
            await asyncio.wait_for(one.left.wait(), 5)

    async def test_on_a_connection_closed_while_idle_is_asked_again(self):
        async with vendor(reply(b"one")) as one:
            await post(one)
            one.plans = [[CUT], reply(b"{}")]
            assert await http.get_status(one.base_url, headers={}, timeout_s=5) == 200

    async def test_with_a_key_that_no_header_can_hold_is_refused(self):
        with pytest.raises(KeyRefused):
            await http.get_status("http://127.0.0.1:1", headers={"a": "b\n"}, timeout_s=1)
