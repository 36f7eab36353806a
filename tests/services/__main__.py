"""Runs the tests on real services.

    python -m tests.services [pytest arguments]

Starts what is missing, says which are used, runs pytest, and ends what it started.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from scripts.install import ROOT, Setup, clean_environment
from scripts.processes import Child, Guard, Signals, Stopped, run_step
from tests.services.chromium import chromium
from tests.services.postgresql import postgresql
from tests.services.redis_server import redis

PARTS = {
    "outages": ("tests/comeback",),
    "sites": ("tests/installation", "tests/live"),
    "rest": (),
    "browser": ("tests/browser",),
    "chat": ("tests/chatcore", "tests/observability"),
}
"""What runs beside other parts, in this order; the rest is what no other part has."""
AT_ONCE = 3
"""So many parts keep two cores at work, for they wait for much of their time; what comes back after an
outage is promised within two seconds, which a machine that does five other things does not keep."""
# A developer's own keys and addresses: no test may spend money or write to a living site.
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
    "TRUSTED_PROXIES",
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
    """Some parts at a time, each shown when it has ended; the first exit code that is not 0."""
    waiting = list(PARTS)
    running: dict[str, Child] = {}
    codes: list[int] = []
    with contextlib.ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                name = waiting.pop(0)
                running[name] = Child(
                    setup.guard,
                    [*pytest, *paths(name)],
                    cwd=ROOT,
                    env=env | apart(env, name),
                    output=stack.enter_context((folder / f"{name}.log").open("wb")),
                )
                stack.callback(running[name].end)
            setup.signals.pause(1.0)
            setup.signals.obey()
            ended = {
                name: code for name in running if (code := running[name].exit_code()) is not None
            }
            for name in ended:
                del running[name]
                print((folder / f"{name}.log").read_text(errors="replace"), flush=True)
            codes += ended.values()
    return next((code for code in codes if code), 0)


def paths(name: str) -> list[str]:
    """The folders of a part, as pytest is told of them."""
    others = [f"--ignore={path}" for part in PARTS.values() for path in part]
    return [*PARTS[name]] or ["tests", *others]


def apart(env: dict[str, str], name: str) -> dict[str, str]:
    """Where a part stores things, so that no other part meets them."""
    number = list(PARTS).index(name)
    ours = {
        "CHATCORE_DATA": f"{env['CHATCORE_DATA']}-{name}",
        "REDIS_URL": urlsplit(env["REDIS_URL"])._replace(path=f"/{number}").geturl(),
    }
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    ours["DATABASE_URL"] = urlsplit(env["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    return ours


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
