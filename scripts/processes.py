"""Starts child processes, and makes sure that they are gone at the end.

Every child leads a session of its own, so that a Ctrl-C in the terminal reaches only us, and a
signal to its group reaches its own children too. A guard, forked first, holds the other end of a
pipe: when we die, however suddenly, the pipe closes and the guard ends every group it was told of.
Signals to us are noted when they come and obeyed where we look, so that none falls between the
start of a child and the guard's hearing of it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ORPHAN_GRACE_SECONDS = 2.0


class Guard:
    """Outlives us by moments, to end what we could not. Make it before any other child or thread."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._writer)
            watch_over(reader)
            os._exit(0)
        os.close(reader)

    def watch(self, group: int) -> None:
        os.write(self._writer, f"+{group}\n".encode())

    def forget(self, group: int) -> None:
        os.write(self._writer, f"-{group}\n".encode())

    def dismiss(self) -> None:
        """Lets the guard go, which ends any group that it still knows."""
        os.close(self._writer)
        os.waitpid(self.pid, 0)


def watch_over(reader: int) -> None:
    """The guard's whole life: note the groups, wait for the pipe to close, end what is left."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # keep no terminal or pipe of our caller's open
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
    groups: set[int] = set()
    with os.fdopen(reader) as orders:
        for order in orders:
            group = int(order[1:])
            groups.add(group) if order[0] == "+" else groups.discard(group)
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + ORPHAN_GRACE_SECONDS
    while any(map(group_is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Stopped(Exception):
    """We were asked to end, by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """SIGINT, SIGTERM and SIGHUP, noted in `received`. At most one in a process, in its main thread."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._reader, writer = os.pipe()
        for end in (self._reader, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: self.received.append(number))
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # it only ends a pause

    def pause(self, seconds: float) -> None:
        """Returns when a signal comes or a child ends, at the latest after `seconds`."""
        select.select([self._reader], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 4096)

    def obey(self) -> None:
        """Raises Stopped if a signal has come."""
        if self.received:
            raise Stopped(self.received[0])


class Child:
    """One running program, the leader of its own process group."""

    def __init__(
        self,
        guard: Guard,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
        user: str | None = None,
    ) -> None:
        """Starts it; `output` takes both its streams (ours, if None); `user` needs root.

        Raises OSError if the program cannot be started.
        """
        self._guard = guard
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        self.pid = self._process.pid
        guard.watch(self.pid)

    def exit_code(self) -> int | None:
        """The exit code, or None while it runs; a signal's number is negative."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        """To the leader alone: what it started is its own to end."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def end(self) -> None:
        """Kills what is left of the group, and takes the leader's exit code."""
        signal_group(self.pid, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self.pid)


def run_step(
    guard: Guard,
    signals: Signals,
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[bytes] | None = None,
    user: str | None = None,
) -> int:
    """Runs one command to its end and returns its exit code. Raises Stopped on a signal."""
    child = Child(guard, command, cwd=cwd, env=env, output=output, user=user)
    try:
        while (code := child.exit_code()) is None:
            signals.pause(1.0)
            signals.obey()
        return code
    finally:
        child.end()
