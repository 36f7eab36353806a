"""Watches processes start and end, for tests."""

import os
import select
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def python(code: str) -> Iterator["subprocess.Popen[str]"]:
    """Another Python that can import from this checkout, its three streams ours, for a block."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


class Watched:
    """A process that need not be our child. Made while it lives, lest its number be another's."""

    def __init__(self, pid: int) -> None:
        self._handle = os.pidfd_open(pid)

    def ends_within(self, seconds: float) -> bool:
        return bool(select.select([self._handle], [], [], seconds)[0])

    def __del__(self) -> None:
        os.close(self._handle)
