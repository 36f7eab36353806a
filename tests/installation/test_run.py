"""scripts/run ends in a working chat, and ends without a trace."""

import http.client
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.installation.programs import ROOT, Watched
from tests.services.ports import free_port

OURS = ("DATABASE_URL", "REDIS_URL", "CHATCORE_DATA", "PYTHONPATH")


class Run:
    """One scripts/run, its port and data, and all that it has printed so far."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, data: Path) -> None:
        self.process, self.port, self.data = process, port, data
        self.said: list[str] = []

    def read_until(self, words: str) -> str:
        """The first line that holds the words; it ends the test if the program ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        pytest.fail(f"never said {words!r}:\n{''.join(self.said)}")

    def rest(self) -> str:
        assert self.process.stdout is not None
        self.said += self.process.stdout.readlines()
        return "".join(self.said)

    def get(self, path: str) -> http.client.HTTPResponse:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            return response

    def get_once_it_answers(self, path: str) -> http.client.HTTPResponse:
        for _ in range(600):
            with suppress(ConnectionError, http.client.RemoteDisconnected):
                return self.get(path)
            time.sleep(0.1)
        pytest.fail(f"nobody answers at {path}")

    def family(self) -> list[int]:
        """The numbers of all its descendants."""
        return list(descendants(self.process.pid))

    def child(self, words: str) -> int:
        """The first child whose command holds the words."""
        return next(pid for pid in children(self.process.pid) if words in command(pid))


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from descendants(child)


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def processes_naming(data: Path) -> list[str]:
    """The commands, of any process on this machine, that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if str(data) in (words := command(int(entry.name))):
                found.append(words)
    return found


def start(port: int, data: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [ROOT / "scripts" / "run", "--port", str(port), "--data", data, *options],
        env={name: value for name, value in os.environ.items() if name not in OURS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def ready_run(data: Path, server: str = "daphne") -> Iterator[Run]:
    """A run that has said Ready; what is left of it after the block is killed."""
    port = free_port()
    with start(port, data, "--server", server) as process:
        try:
            run = Run(process, port, data)
            assert run.read_until("Ready") == f"Ready at http://127.0.0.1:{port}/\n"
            yield run
        finally:
            process.kill()


def all_end(watched: list[Watched]) -> bool:
    return all(member.ends_within(15) for member in watched)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with ready_run(tmp_path_factory.mktemp("data")) as run:
        run.read_until("Ctrl-C")
        yield run


class TestRun:
    def test_sends_a_stranger_to_the_sign_in_page(self, running):
        response = running.get("/")

        assert (response.status, response.headers["Location"]) == (302, "/login/?next=/")

    def test_prints_the_demo_logins_that_only_its_owner_may_read(self, running):
        logins = running.data / "logins"

        assert stat.S_IMODE(logins.stat().st_mode) == 0o600
        assert [line.split()[0] for line in logins.read_text().splitlines()] == ["demo", "staff"]
        assert all(f"  {line}\n" in running.said for line in logins.read_text().splitlines())

    def test_is_refused_in_one_line_when_the_port_is_used(self, running, tmp_path):
        with start(running.port, tmp_path) as second:
            said, _ = second.communicate(timeout=30)

        assert second.returncode == 1
        assert said.count("\n") == 1
        assert f"Port {running.port}" in said

    def test_is_refused_in_one_line_when_its_data_is_used(self, running):
        with start(free_port(), running.data) as second:
            said, _ = second.communicate(timeout=30)

        assert second.returncode == 1
        assert said.count("\n") == 1
        assert str(running.data) in said

    def test_starts_a_worker_again_that_died(self, running):
        os.kill(running.child("celery"), signal.SIGKILL)

        assert "starts again" in running.read_until("worker died")

    def test_starts_a_web_process_again_that_was_killed(self, running):
        os.kill(running.child("chatcore.serve"), signal.SIGKILL)

        assert "starts again" in running.read_until("web process died")
        assert running.get_once_it_answers("/readyz").status == 200


class TestTheEnd:
    @pytest.mark.parametrize(
        ("server", "number"), [("daphne", signal.SIGINT), ("uvicorn", signal.SIGTERM)]
    )
    def test_leaves_no_process_no_listener_and_no_journal(self, tmp_path, server, number):
        with ready_run(tmp_path, server) as run:
            family = [Watched(pid) for pid in run.family()]

            run.process.send_signal(number)

            assert run.process.wait(40) == 0
            assert all_end(family)
            assert processes_naming(tmp_path) == []
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", run.port), timeout=5)
            # The one file holds all that was written.
            assert [path.name for path in tmp_path.glob("chatcore.*")] == ["chatcore.sqlite3"]

    def test_leaves_no_process_even_when_it_is_killed(self, tmp_path):
        with ready_run(tmp_path) as run:
            family = [Watched(pid) for pid in run.family()]

            run.process.kill()

            assert all_end(family)
