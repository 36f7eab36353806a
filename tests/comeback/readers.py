"""People who follow a reply to its end, by each door, and what each of them was told."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from tests.live.site import Frame, Person, Socket

DOORS = ("websocket", "events", "json")
PATIENCE_S = 200.0
"""Longer than any outage and any reply: who waits for so long has been forgotten."""


@dataclass
class Reader:
    """One reply, and who follows it."""

    person: Person
    server: str
    door: str
    prompt: str
    turn: str = ""
    shown: str = ""
    last: Frame = field(default_factory=dict)
    """The frame that ended it, or the answer."""
    refused: str = ""
    """Why it was not taken at all."""
    given_up: bool = False
    """The server is gone: do not come back."""
    ended_at: float = 0.0
    stored: list[tuple[str, str]] = field(default_factory=list)
    """Status and reply of each row with its prompt, afterwards."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Ask, and follow to the end; coming back where the connection is lost, as a page does."""
        thread = await asyncio.to_thread(self.person.new_thread)
        try:
            async with asyncio.timeout(PATIENCE_S):
                match self.door:
                    case "websocket":
                        await self._by_websocket(thread)
                    case "events":
                        await self._by_events(thread)
                    case "json":
                        await self._by_json(thread)
        except TimeoutError:
            self.refused = "forgotten"
        self.begun.set()
        self.ended_at = time.monotonic()

    async def _by_websocket(self, thread: str) -> None:
        seq = 0
        while not self.last and not self.given_up:
            try:
                async with self.person.socket(thread) as socket:
                    socket.shown = self.shown
                    if self.turn:
                        await socket.say("resume", turn=self.turn, after=seq)
                    else:
                        accepted = await socket.ask(self.prompt)
                        self.turn = accepted.get("turn", "")
                        if not self.turn:
                            self.refused = accepted["code"]
                            return
                    await self._read(socket)
            except (ConnectionClosed, OSError):
                await asyncio.sleep(0.3)
            self.shown, seq = socket.shown, socket.seq

    async def _read(self, socket: Socket) -> None:
        while not self.last:
            frame = await socket.read(PATIENCE_S)
            self.begun.set()
            if frame["type"] in {"done", "failed"}:
                self.last = frame

    async def _by_events(self, thread: str) -> None:
        headers = {**self.person.writes, "Accept": "text/event-stream"}
        asked = {"id": str(uuid.uuid4()), "text": self.prompt}
        seq = 0
        async with self._client() as client:
            while not self.last and not self.given_up:
                if self.turn:
                    stream = client.stream(
                        "GET", f"/api/turns/{self.turn}/events", params={"after": seq}
                    )
                else:
                    stream = client.stream(
                        "POST", f"/api/threads/{thread}/turns/", json=asked, headers=headers
                    )
                try:
                    async with stream as answer:
                        if answer.status_code != 200:
                            self.refused = json.loads(await answer.aread())["code"]
                            return
                        async for line in answer.aiter_lines():
                            if line.startswith("data: "):
                                seq = max(seq, self._take(json.loads(line[6:])))
                except httpx.TransportError:
                    await asyncio.sleep(0.3)

    def _take(self, frame: Frame) -> int:
        self.begun.set()
        match frame["type"]:
            case "accepted":
                self.turn = frame["turn"]
            case "delta":
                self.shown += frame["text"]
            case "snapshot":
                self.shown = frame["text"]
            case "reset":
                self.shown = ""
            case "done" | "failed":
                self.last = frame
        return int(frame["seq"]) if frame["type"] in {"delta", "snapshot", "reset"} else 0

    async def _by_json(self, thread: str) -> None:
        asked = {"id": str(uuid.uuid4()), "text": self.prompt}
        self.begun.set()
        async with self._client() as client:
            answer = await client.post(
                f"/api/threads/{thread}/turns/", json=asked, headers=self.person.writes
            )
        body: dict[str, Any] = answer.json()
        if answer.status_code == 200:
            self.turn, self.shown = body["id"], body["reply"]
            self.last = {"type": "done", **body}
        elif answer.status_code == 502:
            self.last = {"type": "failed", **body}
        else:
            self.refused = body["code"]

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.person.web.url, cookies=self.person.client.cookies, timeout=PATIENCE_S
        )
