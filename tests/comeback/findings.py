"""What was seen of each outage and of each end, and a Redis that may be stopped."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.comeback.readers import Reader
from tests.services.ports import free_port


@dataclass
class Cause:
    """One thing that happened, and what came of it."""

    name: str
    readers: list[Reader] = field(default_factory=list)
    over_at: float = 0.0
    ready_after_s: dict[str, float] = field(default_factory=dict)
    meanwhile: dict[str, dict[str, str]] = field(default_factory=dict)
    """Server -> door -> what was answered while it lasted."""
    afterwards: dict[str, list[int]] = field(default_factory=dict)
    """Server -> the statuses of twenty requests as soon as it was ready."""
    left: dict[str, dict[str, int]] = field(default_factory=dict)
    """Server -> what it still held when everybody had gone, beyond what it holds at rest."""


@dataclass
class Ended:
    """How a web process ended."""

    exit_code: int | None = None
    readyz: list[int] = field(default_factory=list)
    """What `/readyz` said from the signal on, until nobody listened."""
    asked: str = ""
    """What a message was answered with meanwhile."""
    idle_socket: int = 0
    """The code that a socket without a reply was closed with."""
    log: str = ""
    """What it wrote from the signal on."""


class Redis:
    """A Redis that may be killed and stopped."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1"]
        self._command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL)

    def restart(self) -> None:
        self.end()
        self.process = self._start()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
