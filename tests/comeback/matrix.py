"""What happens to twenty followed replies when something around the site goes away, and comes back."""

import asyncio
import json
import signal
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
from websockets.exceptions import ConnectionClosed

from tests.comeback.cluster import Cluster, Line
from tests.comeback.findings import Cause, Ended, Redis
from tests.comeback.readers import DOORS, Reader
from tests.live.site import Person, Site, Web

SERVERS = ("daphne", "uvicorn")
WORDS = "zanzibar lantern quarrel"
"""In every prompt, and in no log of a database."""
BRIEFLY, LONGER, LONGEST = ("lasts3", "lasts6"), ("lasts10", "lasts24"), ("lasts10", "lasts90")
ENDS_LATE = ("lasts10", "lasts40")
SETTLES_S = 20.0


class Place:
    """One site, its two servers, and what it stands on."""

    def __init__(self, site: Site, cluster: Cluster, line: Line, redis: Redis) -> None:
        self.site, self.cluster, self.line, self.redis = site, cluster, line, redis
        self.webs: dict[str, Web] = {}
        self.people: dict[str, Person] = {}
        self.ended: dict[str, Ended] = {}
        self._rest: dict[str, dict[str, int]] = {}

    async def open(self) -> None:
        """Start both servers, and note what they hold when nobody is there."""
        self.site.env["DATABASE_URL"] = self.cluster.url(self.line.port)
        self.site.env["REDIS_URL"] = f"redis://127.0.0.1:{self.redis.port}/0"
        await asyncio.gather(*(self._open(server) for server in SERVERS))

    async def _open(self, server: str) -> None:
        self.webs[server] = await asyncio.to_thread(self.site.open, server)
        self.people[server] = await asyncio.to_thread(self.webs[server].sign_in)
        await self.ask(server)
        rest = self._rest.setdefault(server, {})
        for _ in range(20):  # some tasks come and go
            for name, count in (await self._held(server)).items():
                rest[name] = max(count, rest.get(name, 0))
            await asyncio.sleep(0.1)

    def session_keys(self) -> list[str]:
        return [person.client.cookies["sessionid"] for person in self.people.values()]

    async def watched(
        self,
        name: str,
        happens: Callable[[Cause], Awaitable[Any]],
        prompts: tuple[str, ...] = BRIEFLY,
    ) -> Cause:
        """Have twenty replies followed while something happens."""
        cause = Cause(name)
        following = await self._followed(cause, prompts)
        await happens(cause)
        cause.over_at = time.monotonic()
        await asyncio.gather(*(self._check_after(cause, server) for server in SERVERS))
        await asyncio.gather(*following)
        await asyncio.to_thread(self._look_up, cause)
        for server in SERVERS:
            cause.left[server] = await self._left(server)
        return cause

    async def _followed(self, cause: Cause, prompts: tuple[str, ...]) -> "list[asyncio.Task[None]]":
        """Ten replies on each server, each with a first word."""
        for server in SERVERS:
            for number in range(10):
                door = DOORS[number // 2 % 2] if number else "json"
                prompt = f"case {prompts[number % len(prompts)]}, {WORDS} {uuid.uuid4()}"
                cause.readers.append(Reader(self.people[server], server, door, prompt))
        following = [asyncio.create_task(reader.follow()) for reader in cause.readers]
        await asyncio.gather(*(reader.begun.wait() for reader in cause.readers))
        return following

    async def _check_after(self, cause: Cause, server: str) -> None:
        web, person = self.webs[server], self.people[server]
        async with httpx.AsyncClient(cookies=person.client.cookies, timeout=30) as client:
            while (await client.get(f"{web.url}/readyz")).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            cause.ready_after_s[server] = time.monotonic() - cause.over_at
            asked = (client.get(f"{web.url}/api/threads/") for _ in range(20))
            answers = await asyncio.gather(*asked)
        cause.afterwards[server] = [answer.status_code for answer in answers]

    def _look_up(self, cause: Cause) -> None:
        """What the rows say of the readers' turns."""
        with psycopg.connect(self.cluster.url()) as database:
            for reader in cause.readers:
                found = database.execute(
                    "SELECT status, reply FROM chatcore_turn WHERE prompt = %s", [reader.prompt]
                ).fetchall()
                reader.stored = [(str(status), str(reply)) for status, reply in found]

    async def _left(self, server: str) -> dict[str, int]:
        """What a process holds beyond its rest, once it has had time to settle."""
        self.people[server].client.close()
        self.people[server].client = httpx.Client(
            base_url=self.webs[server].url, cookies=self.people[server].client.cookies, timeout=60
        )
        deadline = time.monotonic() + SETTLES_S
        while True:
            held, rest = await self._held(server), self._rest[server]
            left = {name: n for name, n in held.items() if n > rest.get(name, 0)}
            if not left or time.monotonic() > deadline:
                return left
            await asyncio.sleep(0.2)

    async def _held(self, server: str) -> dict[str, int]:
        """Tasks, sockets and replies, as the process says itself; connections, as the kernel says."""
        web = self.webs[server]
        file = Path(self.site.folder) / f"held-{web.process.pid}.json"
        file.unlink(missing_ok=True)
        web.process.send_signal(signal.SIGUSR1)
        while not file.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        held: dict[str, int] = json.loads(file.read_text())
        return held | {"connections": _connections(int(web.url.rpartition(":")[2]))}

    # --- what happens ----------------------------------------------------------------------------

    async def restarted(self, cause: Cause) -> None:
        await asyncio.to_thread(self.cluster.stop, signal.SIGINT)
        await asyncio.to_thread(self.cluster.start)

    async def crashed(self, cause: Cause) -> None:
        await asyncio.to_thread(self.cluster.stop, signal.SIGKILL)
        await asyncio.to_thread(self.cluster.start)

    def away(self, seconds: float) -> Callable[[Cause], Awaitable[None]]:
        async def happens(cause: Cause) -> None:
            await asyncio.to_thread(self.cluster.stop)
            over = asyncio.create_task(asyncio.sleep(seconds))
            if seconds > 10:
                asked = (self._ask_meanwhile(cause, server) for server in SERVERS)
                await asyncio.gather(*asked)
            await over
            await asyncio.to_thread(self.cluster.start)

        return happens

    async def redis_restarted(self, cause: Cause) -> None:
        await asyncio.to_thread(self.redis.restart)

    async def redis_hung(self, cause: Cause) -> None:
        self.redis.process.send_signal(signal.SIGSTOP)
        asked = {
            server: asyncio.create_task(self.ask(server, f"case {BRIEFLY[0]}"))
            for server in SERVERS
        }
        for server, answer in asked.items():
            cause.meanwhile[server] = {"ask": await answer}
        self.redis.process.send_signal(signal.SIGCONT)

    async def ask(self, server: str, prompt: str = "case plain") -> str:
        """A turn over plain HTTP: how it ended, or why it was not taken."""
        reader = Reader(self.people[server], server, "json", f"{prompt}, {WORDS} {uuid.uuid4()}")
        await reader.follow()
        return reader.refused or reader.last["type"]

    async def _ask_meanwhile(self, cause: Cause, server: str) -> None:
        """Come in by each door while nobody can be served."""
        person, web = self.people[server], self.webs[server]
        thread, said = str(uuid.uuid4()), {}
        async with httpx.AsyncClient(
            base_url=web.url, cookies=person.client.cookies, timeout=60
        ) as client:
            turn = {"id": str(uuid.uuid4()), "text": f"case plain, {WORDS}"}
            form = {"username": "demo", "password": "x", **_csrf(person)}
            asked = {
                "healthz": client.get("/healthz"),
                "readyz": client.get("/readyz"),
                "api": client.get("/api/threads/"),
                "page": client.get(f"/threads/{thread}/"),
                "admin": client.get("/admin/"),
                "login": client.post("/login/", data=form),
                "turn": client.post(
                    f"/api/threads/{thread}/turns/", json=turn, headers=person.writes
                ),
            }
            answers = await asyncio.gather(*asked.values())
        for door, answer in zip(asked, answers, strict=True):
            said[door] = f"{answer.status_code} {_code(answer)}".strip()
        said["websocket"] = await self._ask_by_websocket(person)
        cause.meanwhile[server] = said

    async def _ask_by_websocket(self, person: Person) -> str:
        try:
            async with person.socket(str(uuid.uuid4())) as socket:
                frame = await socket.ask(f"case plain, {WORDS}")
                return str(frame["code"])
        except ConnectionClosed as closed:
            return f"closed {closed.rcvd.code if closed.rcvd else None}"

    async def lost_answer(self, server: str, of: Callable[[bytes], bool]) -> Reader:
        """A turn, one of whose COMMITs succeeds without the site's hearing of it."""
        before = self.line.swallowed
        prompt = f"case plain, {WORDS} {uuid.uuid4()}"
        reader = Reader(self.people[server], server, "websocket", prompt)
        self.line.swallow_commit(of)
        await reader.follow()
        assert self.line.swallowed == before + 1
        cause = Cause("", [reader])
        await asyncio.to_thread(self._look_up, cause)
        return reader

    # --- the end ---------------------------------------------------------------------------------

    async def terminated(self, name: str, prompts: tuple[str, ...]) -> Cause:
        """SIGTERM to both servers, in the middle of replies."""
        cause = Cause(name)
        following = await self._followed(cause, prompts)
        await asyncio.gather(*(self._end(server) for server in SERVERS))
        for reader in cause.readers:
            reader.given_up = True
        await asyncio.gather(*following)
        await asyncio.to_thread(self._look_up, cause)
        return cause

    async def _end(self, server: str) -> None:
        web, person = self.webs[server], self.people[server]
        ended = self.ended[server] = Ended()
        thread = await asyncio.to_thread(person.new_thread)
        logged = len(web.log.read_text())
        async with person.socket(thread) as idle:
            web.process.send_signal(signal.SIGTERM)
            asking = asyncio.create_task(self.ask(server))
            async with httpx.AsyncClient(timeout=10) as client:
                while web.process.poll() is None:
                    try:
                        ended.readyz.append((await client.get(f"{web.url}/readyz")).status_code)
                    except httpx.TransportError:
                        ended.readyz.append(0)
                    await asyncio.sleep(0.1)
            ended.asked = await asking
            try:
                await idle.read()
            except ConnectionClosed as closed:
                ended.idle_socket = closed.rcvd.code if closed.rcvd else 0
        ended.exit_code, ended.log = web.process.returncode, web.log.read_text()[logged:]


def _csrf(person: Person) -> dict[str, str]:
    return {"csrfmiddlewaretoken": person.client.cookies["csrftoken"]}


def _code(answer: httpx.Response) -> str:
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return ""
    return str(answer.json().get("code", ""))


def _connections(port: int) -> int:
    """Connections to a port that its server has not closed."""
    established, close_wait = "01", "08"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [line.split() for line in lines]
    return sum(
        int(end[1].rpartition(":")[2], 16) == port and end[3] in {established, close_wait}
        for end in ends
    )
