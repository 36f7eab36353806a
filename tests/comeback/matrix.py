"""What happens to twenty followed replies when something around the site goes away, and comes back."""

import asyncio
import json
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.comeback.cluster import Cluster, Line
from tests.comeback.readers import DOORS, Reader
from tests.live.site import Person, Site, Web

SERVERS = ("daphne", "uvicorn")


@dataclass
class Cause:
    """One thing that happened, and what came of it."""

    name: str
    readers: list[Reader] = field(default_factory=list)
    began_at: float = 0.0
    over_at: float = 0.0
    ready_after_s: dict[str, float] = field(default_factory=dict)
    meanwhile: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Server -> door -> what was answered while it lasted."""
    afterwards: dict[str, list[int]] = field(default_factory=dict)
    """Server -> the statuses of requests just after it was over."""
    left: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Server -> what it still held when nobody was there any more."""


class Place:
    """One site, its two servers, and what it stands on."""

    def __init__(self, site: Site, cluster: Cluster, line: Line) -> None:
        self.site = site
        self.cluster = cluster
        self.line = line
        self.webs: dict[str, Web] = {}
        self.people: dict[str, Person] = {}
        self.rest: dict[str, dict[str, Any]] = {}

    async def open(self) -> None:
        """Start both servers; what they hold at rest is what they may hold at the end."""
        self.site.env["DATABASE_URL"] = self.cluster.url(self.line.port)
        for server in SERVERS:
            self.webs[server] = await asyncio.to_thread(self.site.open, server)
            self.people[server] = await asyncio.to_thread(self.webs[server].sign_in)
        await self.watched("nothing", lambda: asyncio.sleep(0), ("lasts4",))

    async def watched(
        self, name: str, happens: Callable[[], Awaitable[Any]], prompts: tuple[str, ...]
    ) -> Cause:
        """Have twenty replies followed while something happens."""
        cause = Cause(name)
        for server in SERVERS:
            for number in range(10):
                door = DOORS[number % 2] if number else "json"
                prompt = f"case {prompts[number % len(prompts)]}, please"
                cause.readers.append(Reader(self.people[server], server, door, prompt))
        following = [asyncio.create_task(reader.follow()) for reader in cause.readers]
        await asyncio.gather(*(reader.begun.wait() for reader in cause.readers))
        cause.began_at = time.monotonic()
        await happens()
        cause.over_at = time.monotonic()
        await asyncio.gather(self._ready(cause), *following)
        await asyncio.to_thread(self._stored, cause)
        return cause

    async def _ready(self, cause: Cause) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            for server, web in self.webs.items():
                while (await client.get(f"{web.url}/readyz")).status_code != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                cause.ready_after_s[server] = time.monotonic() - cause.over_at

    async def away(self, seconds: float) -> None:
        await asyncio.to_thread(self.cluster.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.cluster.start)

    async def restarted(self) -> None:
        await asyncio.to_thread(self.cluster.stop, signal.SIGINT)
        await asyncio.to_thread(self.cluster.start)

    async def crashed(self) -> None:
        await asyncio.to_thread(self.cluster.stop, signal.SIGKILL)
        await asyncio.to_thread(self.cluster.start)

    def _stored(self, cause: Cause) -> None:
        """What the rows say of the readers' turns."""
        with psycopg.connect(self.cluster.url()) as database:
            for reader in cause.readers:
                found = database.execute(
                    "SELECT status, reply FROM chatcore_turn WHERE id::text = %s", [reader.turn]
                ).fetchone()
                reader.stored = found or ("", "")

    async def held(self, server: str) -> dict[str, Any]:
        """What a web process says that it holds."""
        process = self.webs[server].process
        file = Path(self.site.folder) / f"held-{process.pid}.json"
        file.unlink(missing_ok=True)
        process.send_signal(signal.SIGUSR1)
        while not file.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        held: dict[str, Any] = json.loads(file.read_text())
        return held
