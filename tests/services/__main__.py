"""How are the tests run on real services?

    python -m tests.services [pytest arguments]

Starts what is missing, says which are used, runs pytest, and ends what it started.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import tempfile
from pathlib import Path

from scripts.install import ROOT, Setup, clean_environment
from scripts.processes import Child, Guard, Signals, Stopped, run_step
from tests.services.chromium import chromium
from tests.services.postgresql import postgresql
from tests.services.redis_server import redis

BESIDE = {
    "browser": ("tests/browser",),
    "houses": ("tests/house", "tests/installation", "tests/live"),
}
"""What runs beside all others: it uses no database of pytest's, and much of its time is waiting."""
# A developer's own keys and addresses: no test may spend money or write to a living house.
NOT_FOR_TESTS = (
    "_API_KEY",
    "_BASE_URL",
    "PROVIDER_PROXY",
    "PROVIDER_CA_FILE",
    "SECRET_KEY",
    "SEALING_KEYS",
    "EMAIL_URL",
    "REPORT_RECIPIENTS",
    "ALLOWED_HOSTS",
    "OTLP_ENDPOINT",
)


def environment(folder: Path, database_url: str, redis_url: str, browser: str) -> dict[str, str]:
    """What pytest is told."""
    ours = clean_environment()
    kept = {name: value for name, value in ours.items() if not name.endswith(NOT_FOR_TESTS)}
    return kept | {
        "CHATCORE_DATA": str(folder / "data"),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SEALING_KEYS": secrets.token_urlsafe(50),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CHROMIUM": browser,
    }


def run(setup: Setup, folder: Path, arguments: list[str]) -> int:
    """Services, then pytest; returns its exit code."""
    with contextlib.ExitStack() as stack:
        database_url, database = stack.enter_context(postgresql(setup, folder))
        redis_url, store = stack.enter_context(redis(setup, folder))
        browser, page = chromium(setup)
        for line in (database, store, page, "SMTP by aiosmtpd, inside the tests"):
            print(f"Using {line}", flush=True)
        env = environment(folder, database_url, redis_url, browser)
        pytest = [sys.executable, "-m", "pytest"]
        if arguments:
            return run_step(setup.guard, setup.signals, [*pytest, *arguments], cwd=ROOT, env=env)
        return run_in_parts(setup, folder, pytest, env)


def run_in_parts(setup: Setup, folder: Path, pytest: list[str], env: dict[str, str]) -> int:
    """The browser, whole houses, and all others, side by side; the first exit code that is not 0."""
    with contextlib.ExitStack() as stack:
        parts = []
        for name, rooms in BESIDE.items():
            output = stack.enter_context((folder / f"{name}.log").open("wb"))
            command = [*pytest, *rooms]
            part = Child(setup.guard, command, cwd=ROOT, env=env, output=output)
            stack.callback(part.end)
            parts.append(part)
        elsewhere = [f"--ignore={room}" for rooms in BESIDE.values() for room in rooms]
        codes = [
            run_step(setup.guard, setup.signals, [*pytest, "tests", *elsewhere], cwd=ROOT, env=env)
        ]
        for part in parts:
            while (code := part.exit_code()) is None:
                setup.signals.pause(1.0)
                setup.signals.obey()
            codes.append(code)
    for name in BESIDE:
        print((folder / f"{name}.log").read_text(errors="replace"), flush=True)
    return next((code for code in codes if code), 0)


def main() -> int:
    guard = Guard()
    try:
        with tempfile.TemporaryDirectory(prefix="chatcore-tests-") as name:
            folder = Path(name)
            folder.chmod(0o711)  # the database's user passes through
            return run(Setup(guard, Signals()), folder, sys.argv[1:])
    except Stopped as stopped:
        return 128 + stopped.number
    finally:
        guard.dismiss()


if __name__ == "__main__":
    sys.exit(main())
