"""A whole site as its users meet it: real server, real database, a simulator for the vendors.

Nothing of the site is imported here: what a test knows, it learned over HTTP and the websocket, or
read from the tables as any program can.
"""

import asyncio
import json
import os
import re
import signal
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
from websockets.asyncio.client import ClientConnection, connect

from tests.services.ports import free_port
from tests.services.warm import Program, warm

ROOT = Path(__file__).resolve().parents[2]
VENDORS = {"openai": "v1", "gemini": "v1beta", "perplexity": "v1", "kimi": "v1"}
START_S = 180.0
PASSWORD = "a long demo passphrase"
Frame = dict[str, Any]


class Site:
    """One data folder or database, one simulator, and the web processes that use them."""

    def __init__(
        self,
        folder: Path,
        *,
        server: str,
        database_url: str = "",
        redis_url: str = "",
        settings: str = "chatcore.settings",
    ) -> None:
        self.folder = folder
        self.server = server
        self.simulator = f"http://127.0.0.1:{free_port()}"
        self.env = {
            **{name: value for name, value in os.environ.items() if not _is_ours(name)},
            "CHATCORE_DATA": str(folder),
            "CHATCORE_DEMO_PASSWORD": PASSWORD,
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONWARNINGS": "ignore",
        }
        if database_url:
            self.env["DATABASE_URL"] = database_url
        if redis_url:
            self.env["REDIS_URL"] = redis_url
        for vendor, version in VENDORS.items():
            self.env[f"{vendor.upper()}_API_KEY"] = "test-key"
            self.env[f"{vendor.upper()}_BASE_URL"] = f"{self.simulator}/{vendor}/{version}"
        self._simulator: Program | None = None
        self.webs: list[Web] = []

    def prepare(self) -> None:
        """Start the simulator, make the tables and fill them."""
        port = self.simulator.rpartition(":")[2]
        self._simulator = self._spawn("simulator", "-m", "routing.simulator", "--port", port)
        self.manage("migrate", "--verbosity", "0")
        self.manage("seed", "--demo-logins", str(self.folder / "logins"))
        self.manage("shell", "-c", "from tests.live.cases import add_cases; add_cases()")

    def manage(self, *arguments: str) -> str:
        """Run a management command; its output."""
        done = warm().run(["manage.py", *arguments], env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def open(self, server: str = "") -> "Web":
        """Start a web process and wait until it is ready."""
        port = str(free_port())
        log = f"web-{len(self.webs)}"
        process = self._spawn(
            log, "-m", "chatcore.serve", "--server", server or self.server, "--port", port
        )
        web = Web(f"http://127.0.0.1:{port}", process, self.folder / f"{log}.log")
        self.webs.append(web)
        web.wait_until_ready()
        return web

    def close(self) -> None:
        """End every process."""
        for web in self.webs:
            web.end(signal.SIGKILL)
        if self._simulator is not None:
            self._simulator.kill()
            self._simulator.wait()

    def calls(self) -> list[dict[str, Any]]:
        """The calls that the simulator got since it was last forgotten; a look at the models is none."""
        log: list[dict[str, Any]] = httpx.get(f"{self.simulator}/control/log").json()
        return [entry for entry in log if entry["method"] == "POST"]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query of one's own finds in the database."""
        if url := self.env.get("DATABASE_URL"):
            with psycopg.connect(url) as database:
                return database.execute(sql.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "chatcore.sqlite3")) as file:
            return list(file.execute(sql))

    def execute(self, sql: str) -> None:
        """Change something behind the site's back."""
        if url := self.env.get("DATABASE_URL"):
            with psycopg.connect(url) as database:
                database.execute(sql.encode())
            return
        with closing(sqlite3.connect(self.folder / "chatcore.sqlite3")) as file, file:
            file.execute(sql)

    def forget_calls(self) -> None:
        """Empty the simulator's log."""
        httpx.delete(f"{self.simulator}/control/log").raise_for_status()

    def _spawn(self, log: str, *arguments: str) -> Program:
        with (self.folder / f"{log}.log").open("wb") as out:
            return warm().start(arguments, env=self.env, out=out)


class Web:
    """One web process."""

    def __init__(self, url: str, process: Program, log: Path) -> None:
        self.url = url
        self.process = process
        self.log = log
        self.people: dict[str, Person] = {}

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        with httpx.Client(base_url=self.url, timeout=5) as client:
            while time.monotonic() < deadline:
                assert self.process.poll() is None, self.log.read_text()
                try:
                    if client.get("/readyz").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
        raise AssertionError(f"not ready after {START_S} s: {self.log.read_text()}")

    def end(self, number: int, patience_s: float = 30.0) -> None:
        """Send a signal and wait until the process has gone."""
        for person in self.people.values():
            person.client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(patience_s)

    def sign_in(self, username: str = "demo") -> "Person":
        """Through the login page, as a browser does; who is signed in already stays so."""
        if username in self.people:
            return self.people[username]
        client = httpx.Client(base_url=self.url, timeout=60)
        page = client.get("/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None, page
        answer = client.post(
            "/login/",
            data={
                "csrfmiddlewaretoken": token[1],
                "username": username,
                "password": PASSWORD,
            },
        )
        assert answer.status_code == 302, answer.text
        self.people[username] = Person(self, client)
        return self.people[username]

    @property
    def rss_kb(self) -> int:
        """Resident memory of the process, in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1])


class Person:
    """Somebody signed in."""

    def __init__(self, web: Web, client: httpx.Client) -> None:
        self.web = web
        self.client = client
        self.socket_headers: dict[str, str] = {}

    @property
    def writes(self) -> dict[str, str]:
        """The headers of a session write."""
        return {"X-CSRFToken": self.client.cookies["csrftoken"]}

    def new_thread(self) -> str:
        answer = self.client.post("/api/threads/", json={}, headers=self.writes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def turns(self, thread: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"/api/threads/{thread}/turns/").json()[
            "results"
        ]
        return found

    def turn(self, turn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/turns/{turn}/").json()
        return found

    @asynccontextmanager
    async def socket(self, thread: str, url: str = "") -> AsyncIterator["Socket"]:
        """A tab that looks at a thread; `url` goes another way than straight to the server."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        address = (url or self.web.url).replace("http", "ws", 1)
        async with connect(
            f"{address}/ws/threads/{thread}/",
            additional_headers={"Cookie": cookies, **self.socket_headers},
            origin=url or self.web.url,  # type: ignore[arg-type]
            compression=None,
            open_timeout=30,
        ) as connection:
            yield Socket(connection)


class Socket:
    """A websocket that speaks frames, and keeps what it was sent."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Frame] = []
        self.shown = ""
        self.seq = 0

    async def say(self, type_: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type_, **fields}))

    async def ask(self, text: str, id_: str | None = None) -> Frame:
        """Send a prompt; the `accepted` frame."""
        await self.say("ask", id=id_ or str(uuid.uuid4()), text=text)
        return await self.until("accepted", "error")

    async def read(self, timeout_s: float = 30.0) -> Frame:
        """The next frame, applied to what a page would show."""
        frame: Frame = json.loads(await asyncio.wait_for(self.connection.recv(), timeout_s))
        self.frames.append(frame)
        match frame["type"]:
            case "delta":
                self.shown += frame["text"]
            case "snapshot":
                self.shown = frame["text"]
            case "reset":
                self.shown = ""
        if frame["type"] in {"delta", "snapshot", "reset"}:
            self.seq = frame["seq"]
        return frame

    async def until(self, *types: str) -> Frame:
        """The next frame of one of these types."""
        while (frame := await self.read())["type"] not in types:
            pass
        return frame

    async def to_the_end(self) -> Frame:
        """The frame that ends the turn."""
        return await self.until("done", "failed")

    def of(self, type_: str) -> list[Frame]:
        """The frames of one type so far."""
        return [frame for frame in self.frames if frame["type"] == type_]


def _is_ours(name: str) -> bool:
    return name.endswith(("_API_KEY", "_BASE_URL", "OTLP_ENDPOINT")) or name in {
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "SEALING_KEYS",
        "ALLOWED_HOSTS",
        "TRUSTED_PROXIES",
        "EMAIL_URL",
        "DEBUG",
    }
