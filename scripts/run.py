"""Sets up and runs everything: a fresh checkout becomes a running chat.

    scripts/run [--port N] [--data DIR] [--server daphne|uvicorn]

Standard library and chatcore.machine only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from chatcore.machine import limits
from chatcore.machine.data_folder import DATABASE, MEND, holds_site, refuse_full_disk
from chatcore.machine.refusal import stop
from chatcore.machine.sqlite_file import fold
from scripts.children import Parts, Program, say
from scripts.install import PYTHON, ROOT, Setup, clean_environment, install
from scripts.processes import Guard, Signals, Stopped, run_step

READY_SECONDS = 60.0
OFF = {"0", "false", "no", "off"}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/run", description="Set Chatcore up and run it.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, default=ROOT / "data", metavar="DIR")
    parser.add_argument(
        "--server",
        choices=["daphne", "uvicorn"],
        default=os.environ.get("CHATCORE_SERVER") or "daphne",
    )
    chosen = parser.parse_args()
    if chosen.server not in {"daphne", "uvicorn"}:  # argparse does not check a default
        parser.error("CHATCORE_SERVER is neither daphne nor uvicorn")
    chosen.data = chosen.data.absolute()
    return chosen


def environment(data: Path, model_port: int | None) -> dict[str, str]:
    """What the children are told: where the data lies, and where the local model will answer."""
    env = clean_environment()
    env["CHATCORE_DATA"] = str(data)
    env["PYTHONUNBUFFERED"] = "1"
    if model_port:
        env["LOCAL_BASE_URL"] = f"http://127.0.0.1:{model_port}/v1"
    return env


def wants_local_model() -> bool:
    """Not when it is switched off, nor when another local server is named."""
    switch = os.environ.get("CHATCORE_LOCAL_MODEL", "").strip().lower()
    return switch not in OFF and not os.environ.get("LOCAL_BASE_URL")


def wants_demo_logins(env: dict[str, str]) -> bool:
    """Only where nobody else can come in, or where the operator chose the password."""
    return not env.get("DATABASE_URL") or bool(env.get("CHATCORE_DEMO_PASSWORD"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def embedded_database(data: Path) -> Path | None:
    """The database in the data folder, or None where DATABASE_URL names another."""
    return None if os.environ.get("DATABASE_URL", "").strip() else data / DATABASE


def look_at(data: Path) -> None:
    """Refuse a data folder that cannot be used, before anything is written or installed."""
    limits.allow_files()
    refuse_full_disk(data)
    if database := embedded_database(data):
        holds_site(data, database)


@contextlib.contextmanager
def alone_in(data: Path) -> Iterator[None]:
    """Holds the data folder for this run; one embedded database has one web process."""
    is_new = not data.exists()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = data / "run.lock"
    with lock.open("w") as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Another scripts/run is using {data}; choose another with --data.")
        try:
            yield
        finally:
            if list(data.iterdir()) == [lock]:  # no site came of it
                lock.unlink()
                if is_new:
                    data.rmdir()


def prepare(setup: Setup, env: dict[str, str], data: Path) -> None:
    """Migrates and seeds. Raises SystemExit when that fails, which has said why itself."""
    command = [str(PYTHON), "-m", "scripts.prepare"]
    if wants_demo_logins(env):
        command += ["--demo-logins", str(data / "logins")]
    if code := run_step(setup.guard, setup.signals, command, cwd=ROOT, env=env):
        sys.exit(code)


def programs(chosen: argparse.Namespace, model_port: int | None) -> list[Program]:
    """The children in the order in which they end: web, worker, local model."""
    logs = chosen.data / "logs"
    python = str(PYTHON)
    web = [python, "-m", "chatcore.serve", "--server", chosen.server]
    web += ["--host", "127.0.0.1", "--port", str(chosen.port)]
    worker = [python, "-m", "celery", "-q", "-A", "chatcore", "worker", "-B", "-P", "solo"]
    worker += ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    worker += ["-l", "warning", "-s", str(chosen.data / "queue" / "beat")]
    listed = [
        Program("web process", web, logs / "web.log"),
        Program("worker", worker, logs / "worker.log", waits=True),
    ]
    if model_port:
        model = [python, "scripts/local_model.py", "--port", str(model_port)]
        listed.append(Program("local model", model, logs / "local_model.log"))
    return listed


def await_ready(parts: Parts, signals: Signals, port: int) -> None:
    """Returns once /readyz says 200. Raises SystemExit if that takes too long or web dies."""
    deadline = time.monotonic() + READY_SECONDS
    answer = "no answer"
    while time.monotonic() < deadline:
        signals.obey()
        parts.look_after(time.monotonic())
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/readyz")
                response = connection.getresponse()
                answer = response.read(2000).decode(errors="replace")
                if response.status == http.client.OK:
                    return
        signals.pause(0.1)
    sys.exit(f"{parts.web.last_lines()}\nNot ready after {READY_SECONDS:.0f} s: {answer}")


def announce(chosen: argparse.Namespace, env: dict[str, str]) -> None:
    say(f"Ready at http://127.0.0.1:{chosen.port}/")
    logins = chosen.data / "logins"
    if wants_demo_logins(env) and logins.exists():
        say("Demo logins (demo is an end user, staff may open /admin/):")
        for line in logins.read_text().splitlines():
            say(f"  {line}")
    say(f"Logs are in {chosen.data / 'logs'}. Ctrl-C ends everything.")


def serve(parts: Parts, signals: Signals, chosen: argparse.Namespace) -> None:
    """From the first child's start to the last child's end, which a signal brings about."""
    number: int = signal.SIGTERM
    try:
        parts.start(waiting=False)
        await_ready(parts, signals, chosen.port)
        parts.was_ready = True
        parts.start(waiting=True)
        announce(chosen, parts.env)
        while True:
            signals.pause(0.5)
            signals.obey()
            parts.look_after(time.monotonic())
    except Stopped as stopped:
        number = stopped.number
        say("Stopping ...")
    finally:
        parts.end(number)


def set_up_and_serve(setup: Setup, chosen: argparse.Namespace) -> None:
    """Everything that needs the data folder, which nobody else uses meanwhile."""
    with alone_in(chosen.data):
        install(setup, dev=False)
        model_port = free_port() if wants_local_model() else None
        env = environment(chosen.data, model_port)
        prepare(setup, env, chosen.data)
        (chosen.data / "url").write_text(f"http://127.0.0.1:{chosen.port}\n")
        (chosen.data / "logs").mkdir(mode=0o700, exist_ok=True)
        parts = Parts(setup.guard, setup.signals, ROOT, env, programs(chosen, model_port))
        serve(parts, setup.signals, chosen)
        if database := embedded_database(chosen.data):
            fold(database)


def main() -> None:
    chosen = options()
    limits.bound_socket("127.0.0.1", chosen.port).close()
    look_at(chosen.data)
    guard = Guard()
    try:
        set_up_and_serve(Setup(guard, Signals()), chosen)
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    except OSError as error:
        stop(f"{error.filename or chosen.data} cannot be used ({error.strerror}): {MEND}.")
    finally:
        guard.dismiss()


if __name__ == "__main__":
    main()
