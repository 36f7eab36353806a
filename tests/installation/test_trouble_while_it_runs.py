"""What a running web process says when files can no longer be opened, or the database written."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

import pytest

from tests.installation.sites import ROOT, bound_by_modes, environment, few_files, serve_command
from tests.services.ports import free_port

FILES = 256
PATIENCE_S = 60.0


class Web:
    """A web process, a connection that stays open, and the lines it writes."""

    def __init__(self, port: int, log: IO[str]) -> None:
        self.port, self.log = port, log
        self.connection = self.connect()

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own, as soon as the process answers on it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with suppress(ConnectionError, http.client.HTTPException):
                self.get("/healthz", connection)
                return connection
            connection.close()
            time.sleep(0.05)
        pytest.fail("it does not answer")

    def get(
        self, path: str, connection: http.client.HTTPConnection | None = None
    ) -> tuple[int, Any]:
        """Status and content, on the connection that stays open if no other is given."""
        on = connection or self.connection
        on.request("GET", path)
        response = on.getresponse()
        return response.status, json.loads(response.read())

    def read_until(self, words: str) -> dict[str, Any]:
        """The first line of the log that holds these words."""
        for line in self.log:
            if words in line:
                return dict(json.loads(line))
        pytest.fail(f"never said {words!r}")


def bound() -> None:
    few_files(FILES)()
    bound_by_modes()


@pytest.fixture(params=["daphne", "uvicorn"])
def web(request: pytest.FixtureRequest, site: Path) -> Iterator[Web]:
    """A web process that may open 256 files."""
    port = free_port()
    with subprocess.Popen(
        serve_command(port, request.param),
        cwd=ROOT,
        env=environment(CHATCORE_DATA=site),
        preexec_fn=bound,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            made = Web(port, process.stderr)
            yield made
            made.connection.close()
        finally:
            process.kill()


class TestAWebProcessInTrouble:
    def test_says_so_and_harms_nobody_who_is_there(self, web: Web, site: Path):
        with ExitStack() as crowd:
            for _ in range(FILES):
                crowd.enter_context(socket.create_connection(("127.0.0.1", web.port)))

            line = web.read_until(f"All {FILES} files that this process may open are open")

            assert line["level"] == "ERROR"
            assert "LimitNOFILE=" in line["message"]
            assert web.get("/healthz") == (200, {"alive": True})
        web.connect().close()

        (site / "chatcore.sqlite3").chmod(0o444)
        status, answer = web.get("/readyz")
        (site / "chatcore.sqlite3").chmod(0o644)

        assert (status, answer["checks"]["writable"]) == (503, "its file is read-only")
        assert web.get("/readyz")[1]["checks"]["writable"] is True
