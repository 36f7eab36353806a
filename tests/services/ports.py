"""Finds free ports, and waits until a server answers."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from scripts.processes import Child, Signals

START_SECONDS = 30.0


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_answer(signals: Signals, child: Child, port: int, log: Path) -> None:
    """Returns once something listens. Raises SystemExit, with the log, if the child ends before,
    and after 30 s."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        signals.obey()
        if (code := child.exit_code()) is not None:
            sys.exit(f"{log.read_text()}\n{log.stem} ended at once (exit code {code}).")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            signals.pause(0.05)
        else:
            return
    sys.exit(f"{log.read_text()}\n{log.stem} does not listen after {START_SECONDS:.0f} s.")
