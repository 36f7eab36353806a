"""A connection that breaks costs nobody a word: what is shown at the end is what is stored."""

import asyncio
import os
import signal
import socket as sockets

import pytest
from websockets.exceptions import ConnectionClosed

from tests.live.relay import relay_to
from tests.live.site import Person, Site, Socket, Web

pytestmark = pytest.mark.anyio


class TestACutConnection:
    @pytest.mark.parametrize("after", [400 + 650 * step for step in range(20)])
    async def test_is_resumed_without_a_gap_or_a_repeat(self, web: Web, demo: Person, after: int):
        thread = demo.new_thread()
        async with relay_to(web.url) as relay:
            relay.cut_after = after
            page = Page()
            async with demo.socket(thread, relay.url) as tab:
                accepted = await page.watch(tab, ask="case long, please")
            while not page.ended:
                async with demo.socket(thread, relay.url) as tab:
                    await page.watch(tab)

        assert accepted is not None
        assert relay.cuts == 1
        assert page.shown == demo.turn(page.turn)["reply"]


class Page:
    """What the chat page does: it keeps what it has shown, and resumes from there."""

    def __init__(self) -> None:
        self.shown = ""
        self.seq = 0
        self.turn = ""
        self.ended = False

    async def watch(self, tab: Socket, ask: str = "") -> str:
        tab.shown, tab.seq = self.shown, self.seq
        try:
            if ask:
                self.turn = (await tab.ask(ask))["turn"]
            else:
                await tab.say("resume", turn=self.turn, after=self.seq)
            await tab.to_the_end()
            self.ended = True
        except ConnectionClosed:
            pass
        self.shown, self.seq = tab.shown, tab.seq
        return self.turn


class TestAProcessThatDies:
    async def test_leaves_a_turn_interrupted_with_what_it_had(self, site: Site, demo: Person):
        doomed = site.open()
        there = Person(doomed, demo.client)
        thread = demo.new_thread()
        async with there.socket(thread) as tab:
            accepted = await tab.ask("case endless, please")
            await asyncio.sleep(3)  # past one checkpoint, which comes every two seconds
            doomed.end(signal.SIGKILL)
        async with demo.socket(thread) as other:
            await other.say("resume", turn=accepted["turn"], after=0)
            failed = await asyncio.wait_for(other.to_the_end(), 30)

        stored = demo.turn(accepted["turn"])
        assert (failed["type"], failed["code"]) == ("failed", "interrupted")
        assert stored["status"] == "interrupted"
        assert stored["reply"] == other.shown != ""

    async def test_writes_its_replies_to_their_end_when_asked_to_go(self, site: Site, demo: Person):
        leaving = site.open()
        there = Person(leaving, demo.client)
        async with there.socket(demo.new_thread()) as tab:
            accepted = await tab.ask("case long, please")
            await tab.until("delta")
            done, _ = await asyncio.gather(
                tab.to_the_end(), asyncio.to_thread(leaving.end, signal.SIGTERM)
            )

        stored = demo.turn(accepted["turn"])
        assert (done["type"], stored["status"]) == ("done", "complete")
        assert stored["reply"] == tab.shown != ""
        # SQLite keeps ids without hyphens.
        found = site.rows(
            "SELECT turn_status FROM observability_attemptrecord WHERE "
            f"REPLACE(CAST(turn_id AS TEXT), '-', '') = '{stored['id'].replace('-', '')}'"
        )
        assert found == [("complete",)]


class TestSlowReaders:
    async def test_cost_little_and_do_not_slow_the_others(self, web: Web, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            accepted = await tab.ask("case huge, please")
            await tab.until("delta")
            before = web.rss_kb
            stuck = [await _stuck_reader(web, demo, thread, accepted["turn"]) for _ in range(50)]
            while tab.frames[-1]["type"] not in {"done", "failed"}:
                frame = await tab.read()
                if "seq" in frame:
                    await tab.say("ack", turn=accepted["turn"], seq=frame["seq"])
            grown = web.rss_kb - before
            for writer in stuck:
                writer.transport.abort()

        assert tab.shown == demo.turn(accepted["turn"])["reply"]
        assert grown / 50 < 5 * 1024


async def _stuck_reader(web: Web, person: Person, thread: str, turn: str) -> asyncio.StreamWriter:
    """A websocket whose owner asks for a whole reply and then never reads."""
    host, port = web.url.removeprefix("http://").split(":")
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    cookies = "; ".join(f"{name}={value}" for name, value in person.client.cookies.items())
    writer.write(
        f"GET /ws/threads/{thread}/ HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {cookies}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    said = f'{{"type":"resume","turn":"{turn}","after":0}}'.encode()
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(said))
    writer.write(bytes([0x81, 0x80 | len(said)]) + mask + masked)
    await writer.drain()
    return writer
