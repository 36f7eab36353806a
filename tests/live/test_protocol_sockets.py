"""Resuming, and who is let in: what a client of the websocket can rely on, on both servers."""

import asyncio

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.live.site import Person, Site, Web

pytestmark = pytest.mark.anyio


class TestResume:
    async def test_from_any_position_gives_exactly_the_rest(self, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            accepted = await tab.ask("case plain, please")
            await tab.to_the_end()
            reply, positions = tab.shown, [frame["seq"] for frame in tab.of("delta")]

        for after in [0, *positions[::5], positions[0] + 1, positions[-1]]:
            async with demo.socket(thread) as other:
                await other.say("resume", turn=accepted["turn"], after=after)
                await other.to_the_end()
            assert reply[:after] + other.shown == reply

    async def test_of_an_older_leg_gives_the_whole_new_one(self, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            accepted = await tab.ask("case cut, please")
            await tab.to_the_end()

        async with demo.socket(thread) as other:
            await other.say("resume", turn=accepted["turn"], after=3)
            await other.to_the_end()

        assert other.shown == tab.shown
        assert other.of("snapshot")

    async def test_joins_a_reply_that_is_being_written(self, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab, demo.socket(thread) as other:
            accepted = await tab.ask("case long, please")
            for _ in range(5):
                await tab.until("delta")
            await other.say("resume", turn=accepted["turn"], after=0)
            await asyncio.gather(tab.to_the_end(), other.to_the_end())

        assert other.shown == tab.shown

    async def test_on_another_web_process_sees_it_to_the_end(self, site: Site, demo: Person):
        second = site.open()
        thread = demo.new_thread()
        there = Person(second, demo.client)
        async with demo.socket(thread) as tab, there.socket(thread) as other:
            accepted = await tab.ask("case long, please")
            await other.say("resume", turn=accepted["turn"], after=0)
            await asyncio.gather(tab.to_the_end(), other.to_the_end())
        second.end(15)

        assert other.shown == tab.shown


class TestTheDoor:
    async def test_is_shut_to_pages_of_other_sites(self, web: Web, demo: Person):
        cookies = "; ".join(f"{name}={value}" for name, value in demo.client.cookies.items())
        address = web.url.replace("http", "ws") + f"/ws/threads/{demo.new_thread()}/"

        with pytest.raises(InvalidStatus):
            await connect(
                address,
                additional_headers={"Cookie": cookies},
                origin="https://elsewhere.example",  # type: ignore[arg-type]
            )

    async def test_is_shut_to_who_is_not_signed_in(self, web: Web, demo: Person):
        with httpx.Client(base_url=web.url) as client:
            nobody = Person(web, client)
        async with nobody.socket(demo.new_thread()) as tab:
            with pytest.raises(ConnectionClosed) as closed:
                await tab.read()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401

    async def test_is_shut_to_other_peoples_threads(self, web: Web, demo: Person):
        staff = web.sign_in("staff")
        async with staff.socket(demo.new_thread()) as tab:
            with pytest.raises(ConnectionClosed) as closed:
                await tab.read()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4404

    @pytest.mark.parametrize(
        "raw",
        [
            "no json",
            "[]",
            '{"type":"dance"}',
            '{"type":"ask","id":"7","text":"x"}',
            '{"type":"ask","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e","text":"  "}',
            '{"type":"ask","id":"6fa459ea-ee8a-3ca4-894e-db77e160355e","text":"x","more":1}',
            '{"type":"stop","turn":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}',
            '{"type":"resume","turn":"6fa459ea-ee8a-3ca4-894e-db77e160355e","after":1e999}',
            "[" * 3000,
        ],
    )
    async def test_answers_a_bad_frame_with_one_clear_error(self, demo: Person, raw: str):
        async with demo.socket(demo.new_thread()) as tab:
            await tab.connection.send(raw)
            error = await tab.read()
            await tab.ask("case plain, all the same")
            done = await tab.to_the_end()

        assert error["type"] == "error"
        assert error["message"]
        assert done["type"] == "done"
