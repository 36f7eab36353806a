"""Runs the parts of a site: starts them, starts again what dies, and ends them in order."""

from __future__ import annotations

import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from scripts.processes import Child, Guard, Signals

# How long replies that are still being written may go on, by the signal that ends us.
DRAIN_SECONDS = {signal.SIGINT: 5.0}
DRAIN_SECONDS_OTHERWISE = 25.0
REST_SECONDS = 5.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
LAST_LINES = 20
STEADY_SECONDS = 60.0
"""Whoever ran for so long and then died is started again after the first pause."""
WEB_DEATHS = 3
"""Deaths of the web process, one soon after the other, that end the site."""


@dataclass
class Program:
    """One part: how it is called, where it writes, and its process while it has one."""

    name: str
    command: list[str]
    log: Path
    waits: bool = False  # until the web process is ready, which it would only slow down
    child: Child | None = None
    pause_seconds: float = FIRST_PAUSE_SECONDS
    start_at: float = field(default=0.0)
    started_at: float = field(default=0.0)
    deaths: int = 0  # one soon after the other

    def last_lines(self) -> str:
        with self.log.open(errors="replace") as lines:
            return "".join(deque(lines, LAST_LINES)).rstrip()

    def refusal(self) -> str:
        """The one line by which a program of the site says why it does not start, or ""."""
        last = self.last_lines().rpartition("\n")[2]
        return last if last.startswith("chatcore: ") else ""


class Parts:
    """Starts the programs, web first in `programs`, looks after them, and ends them in order."""

    def __init__(
        self,
        guard: Guard,
        signals: Signals,
        root: Path,
        env: dict[str, str],
        programs: list[Program],
    ) -> None:
        self._guard, self._signals, self._root, self.env = guard, signals, root, env
        self._programs = programs
        self.web = programs[0]
        self.was_ready = False
        """Whether the web process has once been ready: one that never was is not started again."""

    def start(self, *, waiting: bool) -> None:
        """Starts those that wait for the web process, or those that do not."""
        for program in self._programs:
            if program.waits is not waiting:
                continue
            if program.log.exists():
                program.log.replace(program.log.with_suffix(".previous.log"))
            self._start(program)

    def _start(self, program: Program) -> None:
        with program.log.open("ab") as output:
            program.child = Child(
                self._guard, program.command, cwd=self._root, env=self.env, output=output
            )
        program.started_at = time.monotonic()

    def look_after(self, now: float) -> None:
        """Starts again what died, after a pause that grows.

        Raises SystemExit if the web process died before it was ready, or again and again.
        """
        for program in self._programs:
            if program.child is None:
                if 0.0 < program.start_at <= now:
                    self._start(program)
            elif (code := program.child.exit_code()) is not None:
                program.child.end()
                program.child = None
                self._mourn(program, code, now)

    def _mourn(self, program: Program, code: int, now: float) -> None:
        if now - program.started_at > STEADY_SECONDS:
            program.deaths, program.pause_seconds = 0, FIRST_PAUSE_SECONDS
        program.deaths += 1
        if program is self.web:
            self._end_without_web(program, code)
        elif code == 0:  # it has said why, and would say the same again
            program.start_at = 0.0
            say(program.last_lines() or f"The {program.name} ended.")
            return
        program.start_at = now + program.pause_seconds
        say(
            f"The {program.name} died (exit code {code}, see {program.log}); "
            f"it starts again in {program.pause_seconds:.0f} s."
        )
        program.pause_seconds = min(2 * program.pause_seconds, LONGEST_PAUSE_SECONDS)

    def _end_without_web(self, web: Program, code: int) -> None:
        """Raises SystemExit where the web process would only die again."""
        ended = f"The web process ended (exit code {code})."
        if not self.was_ready:
            sys.exit(web.refusal() or f"{web.last_lines()}\n{ended}".lstrip())
        if web.deaths >= WEB_DEATHS:
            why = web.refusal() or f"{ended} See {web.log}."
            sys.exit(f"{why}\nIt died {WEB_DEATHS} times within moments, and is not started again.")

    def end(self, number: int) -> None:
        """Signals each part once, in order, web first and with time to finish its replies; then
        kills what is left. A second signal to us means: no more waiting."""
        drain = DRAIN_SECONDS.get(signal.Signals(number), DRAIN_SECONDS_OTHERWISE)
        children = [program.child for program in self._programs if program.child]
        for child in children:
            is_web = self.web.child is child
            child.signal(signal.SIGINT if is_web and number == signal.SIGINT else signal.SIGTERM)
            deadline = time.monotonic() + (drain if is_web else REST_SECONDS)
            while child.exit_code() is None and len(self._signals.received) < 2:
                if (left := deadline - time.monotonic()) <= 0:
                    break
                self._signals.pause(left)
        for child in children:
            child.end()


def say(line: str) -> None:
    print(line, flush=True)
