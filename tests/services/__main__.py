"""How are the tests run on real services?

    python -m tests.services [pytest arguments]

Starts what is missing, says which are used, runs pytest, and ends what it started.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from scripts.install import ROOT, Setup, clean_environment
from scripts.processes import Child, Guard, Signals, Stopped, run_step
from tests.services.chromium import chromium
from tests.services.postgresql import postgresql
from tests.services.redis_server import redis

BESIDE = ("tests/house", "tests/browser")
"""They use no database of pytest's, so that they can run beside those that do."""
# A developer's own keys and addresses: no test may spend money or write to a living house.
NOT_FOR_TESTS = (
    "_API_KEY",
    "_BASE_URL",
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
        return run_in_two(setup, folder, pytest, env)


def run_in_two(setup: Setup, folder: Path, pytest: list[str], env: dict[str, str]) -> int:
    """Whole programs and the browser beside all others, one half for each of two cores."""
    log = folder / "beside.log"
    with log.open("wb") as output:
        command = [*pytest, *BESIDE]
        beside = Child(setup.guard, command, cwd=ROOT, env=env, output=output)
    try:
        command = [*pytest, "tests", *(f"--ignore={room}" for room in BESIDE)]
        code = run_step(setup.guard, setup.signals, command, cwd=ROOT, env=env)
        while (other := beside.exit_code()) is None:
            setup.signals.pause(1.0)
            setup.signals.obey()
    finally:
        beside.end()
        print(log.read_text(errors="replace"), flush=True)
    return code or other


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
