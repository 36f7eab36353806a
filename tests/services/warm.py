"""Starts programs of the site in copies of a process that has read their libraries already.

A start of the site takes two to three seconds of CPU, most of which reads libraries. A copy of a process
that has read them starts in one; the site's own modules are read by each program itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = (
    "aiohttp",
    "celery.app",
    "cryptography.fernet",
    "django.core.management",
    "django.core.validators",
    "django.db.models",
    "django.forms",
    "django.template",
    "environ",
    "httpx",
    "jsonschema",
    "kombu",
    "msgspec",
    "opentelemetry.sdk.metrics",
    "opentelemetry.sdk.trace",
    "psycopg_pool",
    "redis.asyncio",
    "requests",
    "rest_framework",
    "sqlparse",
    "yaml",
)
"""What can be read before Django knows its settings."""


class Program:
    """One program that was started; as much of `subprocess.Popen` as tests need."""

    def __init__(self, arguments: Sequence[str], told: socket.socket) -> None:
        self.args = list(arguments)
        self._told = told
        self.pid = int(told.recv(16))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code if it has ended."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            status = self._told.recv(16)
            self._told.close()
            self.returncode = os.waitstatus_to_exitcode(int(status))
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises `subprocess.TimeoutExpired` after `timeout` seconds."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self.poll()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Warm:
    """The process that is copied. It ends with whoever made it."""

    def __init__(self) -> None:
        self._asked, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.warm", str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def start(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        out: IO[bytes],
        err: IO[bytes] | None = None,
    ) -> Program:
        """Start `python ARGUMENTS` in the checkout; what it prints goes to `out` and `err`."""
        told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {"arguments": list(map(str, arguments)), "env": dict(env)}
        with tempfile.TemporaryFile() as file, theirs:
            file.write(json.dumps(request).encode())
            file.seek(0)
            ends = [theirs.fileno(), file.fileno(), out.fileno(), (err or out).fileno()]
            socket.send_fds(self._asked, [b"go"], ends)
        return Program(arguments, told)

    def run(
        self, arguments: Sequence[str], *, env: Mapping[str, str], timeout_s: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Run `python ARGUMENTS` in the checkout to its end, and return what it printed."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            program = self.start(arguments, env=env, out=out, err=err)
            try:
                code = program.wait(timeout_s)
            finally:
                program.kill()
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess(
                program.args, code, out.read().decode(), err.read().decode()
            )


@cache
def warm() -> Warm:
    """The one of all tests of this run."""
    return Warm()


def serve(asked: socket.socket) -> list[str]:
    """Copy this process for each request; in a copy, returns the arguments of its program."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        word, ends, _, _ = socket.recv_fds(asked, 2, 4)
        if not word:
            sys.exit()
        if os.fork() == 0:
            asked.close()
            return _tell_of_its_end(ends)
        for end in ends:
            os.close(end)


def _tell_of_its_end(ends: Sequence[int]) -> list[str]:
    """Copy this process once more: one becomes the program, the other says when that ends and how."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, request, out, err = ends
    pid = os.fork()
    if pid:
        os.write(told, str(pid).encode())
        os.write(told, str(os.waitpid(pid, 0)[1]).encode())
        os._exit(0)
    with open(request, "rb") as file:
        wanted = json.load(file)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for end in (told, out, err):
        os.close(end)
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    arguments: list[str] = wanted["arguments"]
    return arguments


def become(arguments: list[str]) -> None:
    """Do what `python ARGUMENTS` does: a file, a module after `-m`, or lines after `-c`."""
    match arguments:
        case ["-m", module, *rest]:
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", lines, *rest]:
            sys.argv = ["-c", *rest]
            exec(compile(lines, "<string>", "exec"), {"__name__": "__main__"})
        case [path, *rest]:
            sys.argv = [path, *rest]
            runpy.run_path(path, run_name="__main__")
        case _:
            raise ValueError("nothing to run")


if __name__ == "__main__":
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # a collection would touch, and so copy, all the memory that copies share
    become(serve(socket.socket(fileno=int(sys.argv[1]))))
