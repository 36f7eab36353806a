"""A PostgreSQL that a test may stop, kill and start again, with a line in front of it that it may cut."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.services.ports import free_port
from tests.services.postgresql import (
    SERVER_OPTIONS,
    find_programs,
    initdb_command,
    unprivileged_user,
)

PASSWORD = "only-for-tests"
START_S = 30.0
MOST_SAID = 1_000_000
"""Bytes that are kept of one transaction."""


class Cluster:
    """One server: its folder, its port, and its process while it runs."""

    def __init__(self, folder: Path, programs: Path, **options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "postgres.log"
        self._programs = programs
        self._options = SERVER_OPTIONS | options
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, port: int | None = None, user: str = "chatcore") -> str:
        """The address of its one database; `port` is another way there."""
        return f"postgres://{user}:{PASSWORD}@127.0.0.1:{port or self.port}/postgres"

    def make(self) -> None:
        """An empty cluster."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        self._own()
        command = initdb_command(self._programs, self.folder / "cluster", secret)
        subprocess.run(command, user=unprivileged_user(), check=True, capture_output=True)

    def copy(self, folder: Path) -> "Cluster":
        """Another one with the same rows; this one must not run."""
        other = Cluster(folder, self._programs, **self._options)
        shutil.copytree(self.folder / "cluster", folder / "cluster", symlinks=True)
        other._own()
        return other

    def _own(self) -> None:
        if user := unprivileged_user():
            subprocess.run(["chown", "-R", user, str(self.folder)], check=True)

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        command: list[str | Path] = [self._programs / "postgres", "-D", self.folder / "cluster"]
        command += ["-k", self.folder, "-h", "127.0.0.1", "-p", str(self.port)]
        for option, value in self._options.items():
            command += ["-c", f"{option}={value}"]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                user=unprivileged_user(),
                stdout=output,
                stderr=output,
                cwd=self.folder,
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self, number: int = signal.SIGQUIT) -> None:
        """End it: SIGQUIT drops every connection at once, SIGINT is the orderly way, SIGKILL none."""
        process, self._process = self._process, None
        if process is None:
            return
        victims = [process.pid, *_children(process.pid)]
        for pid in victims if number == signal.SIGKILL else [process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        process.wait(30)
        while any(Path(f"/proc/{pid}").exists() for pid in victims):
            time.sleep(0.01)


def _children(pid: int) -> list[int]:
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def cluster(**options: str) -> Iterator[Cluster]:
    """A cluster that runs, in a folder of its own; the copies of it lie there too."""
    with tempfile.TemporaryDirectory(prefix="chatcore-cluster-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the database's user passes through
        programs, _ = find_programs(folder / "programs")
        home = folder / "first"
        home.mkdir()
        made = Cluster(home, programs, **options)
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()


async def _end_all() -> None:
    """Cancel what else runs in the loop, and let it close its connections."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)


class Line:
    """A TCP relay in front of a cluster; it can swallow the answer to one COMMIT."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.swallowed = 0
        self._target = target
        self._wanted: Callable[[bytes], bool] | None = None

    @contextmanager
    def opened(self) -> Iterator["Line"]:
        """The line, in a thread of its own, while the block lasts."""
        loop = asyncio.new_event_loop()
        serving = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        server = loop.run_until_complete(serving)
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            server.close()
            loop.run_until_complete(_end_all())
            loop.close()

    def swallow_commit(self, of: Callable[[bytes], bool]) -> None:
        """The next transaction whose statements `of` recognises is committed, and nobody is told."""
        self._wanted = of

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # at the end of the block
            await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        lose = asyncio.Event()
        forth = asyncio.create_task(self._forth(reader, up_writer, lose))
        back = asyncio.create_task(self._back(up_reader, writer, lose))
        try:
            await asyncio.wait({forth, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (forth, back):
                task.cancel()
            for end in (writer, up_writer):
                end.transport.abort()

    async def _forth(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lose: asyncio.Event
    ) -> None:
        said = b""
        while data := await reader.read(65536):
            said = said[-MOST_SAID:] + data
            if b"COMMIT" in data or b"ROLLBACK" in data:
                if b"COMMIT" in data and self._wanted is not None and self._wanted(said):
                    self._wanted = None
                    lose.set()
                said = b""
            writer.write(data)
            await writer.drain()

    async def _back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lose: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if lose.is_set():  # the answer has come, so it is committed
                self.swallowed += 1
                return
            writer.write(data)
            await writer.drain()
